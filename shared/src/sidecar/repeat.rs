//! Retries of idempotent calls.

use crate::ports::{Chain, Error, OrFail, Result};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The timeout of all attempts together: less than an invocation's, since the function that retries is
/// itself invoked.
const LIMIT: Duration = Duration::from_secs(7);

/// The most attempts at a call.
const TRIES: usize = 4;

/// The time between a failed attempt and the next one.
const PAUSE: Duration = Duration::from_millis(500);

/// The result of `call` to `function`, retried on failure: a stopping process interrupts the requests
/// of its sidecar, and the next call reaches another process.
///
/// # Errors
/// Refused: as the call was. Failed: the last attempt, or all of them took longer than seven seconds.
pub(super) async fn repeated<T, F>(function: &str, call: impl Fn() -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let mut pace = interval(PAUSE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let tries = async {
        for _ in 1..TRIES {
            pace.tick().await;
            match call().await {
                Err(Error::Failed(failure)) => {
                    tracing::warn!(error = %Chain(&failure), "a call to {function} failed and is repeated");
                }
                ended => return ended,
            }
        }
        pace.tick().await;
        call().await
    };
    timeout(LIMIT, tries).await.or_fail(function, "answer in time")?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Refusal;
    use crate::ports::Failure;
    use std::future::{pending, ready};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::time::Instant;

    fn failed() -> Result<usize> {
        Err(Failure::new("order-saga", "serve a request", "its sidecar is stopping").into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_is_repeated_until_it_succeeds() {
        let calls = AtomicUsize::new(0);
        let call = || {
            ready(match calls.fetch_add(1, Ordering::Relaxed) {
                2 => Ok(7),
                _ => failed(),
            })
        };
        assert_eq!(repeated("order-saga", call).await.unwrap(), 7);
        assert_eq!(calls.into_inner(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_keeps_failing_is_made_four_times() {
        let calls = AtomicUsize::new(0);
        let call = || {
            calls.fetch_add(1, Ordering::Relaxed);
            ready(failed())
        };
        let error = repeated("order-saga", call).await.unwrap_err();
        assert!(
            Chain(&error).to_string().ends_with("its sidecar is stopping"),
            "{}",
            Chain(&error)
        );
        assert_eq!(calls.into_inner(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_an_answer() {
        let calls = AtomicUsize::new(0);
        let call = || {
            calls.fetch_add(1, Ordering::Relaxed);
            ready(Err::<usize, _>(Refusal::PaymentVoided.into()))
        };
        let refused = repeated("order-saga", call).await;
        assert!(matches!(refused, Err(Error::Refused(Refusal::PaymentVoided))));
        assert_eq!(calls.into_inner(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn all_attempts_together_take_seven_seconds_at_most() {
        let began = Instant::now();
        let error = repeated("order-saga", pending::<Result<()>>).await.unwrap_err();
        assert!(matches!(error, Error::Failed(_)));
        assert_eq!(began.elapsed(), LIMIT);
    }
}
