//! Repeating a call that does no harm when it arrives twice.

use crate::ports::{Chain, Error, OrFail, Result};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// The longest that all tries may take together: less than an invocation, because the caller of the
/// function that repeats waits for one.
const LIMIT: Duration = Duration::from_secs(7);

/// How often a call is made at most.
const TRIES: usize = 4;

/// How long after a try that failed the next one begins.
const PAUSE: Duration = Duration::from_millis(500);

/// What `call` of `function` comes to, repeated when it failed: a process that stops cuts short what its
/// sidecar carries, and the next call finds another process.
///
/// # Errors
/// Refused: as the call was. Failed: the last try, or all of them took longer than seven seconds.
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
                    tracing::warn!(error = %Chain(&failure), "a call of {function} failed and is repeated");
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
        Err(Failure::new("order-saga", "do as asked", "its sidecar goes").into())
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
    async fn a_call_that_goes_on_failing_is_made_four_times() {
        let calls = AtomicUsize::new(0);
        let call = || {
            calls.fetch_add(1, Ordering::Relaxed);
            ready(failed())
        };
        let error = repeated("order-saga", call).await.unwrap_err();
        assert!(Chain(&error).to_string().ends_with("its sidecar goes"), "{}", Chain(&error));
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
    async fn whoever_waits_for_all_tries_waits_for_seven_seconds_at_most() {
        let began = Instant::now();
        let error = repeated("order-saga", pending::<Result<()>>).await.unwrap_err();
        assert!(matches!(error, Error::Failed(_)));
        assert_eq!(began.elapsed(), LIMIT);
    }
}
