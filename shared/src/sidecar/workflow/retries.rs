//! When a step is tried again.

use crate::domain::saga::Step;
use dapr_durabletask::api::RetryPolicy;
use std::time::Duration;

/// The pause after the first failed try of a step; each is twice as long as the one before it.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest pause between tries of a step that needs the reservation, and of any other: money or goods
/// remain to be returned.
const LONGEST_PAUSES: [Duration; 2] = [Duration::from_secs(15), Duration::from_mins(15)];

/// Until `left` is over, up to 15 s apart: an outage of some minutes delays orders and cancels none.
pub(super) fn forward(left: Duration) -> RetryPolicy {
    RetryPolicy::new(u32::MAX, FIRST_PAUSE)
        .with_backoff_coefficient(2.0)
        .with_max_retry_interval(LONGEST_PAUSES[0])
        .with_retry_timeout(left)
}

/// As often as `tries`, up to 15 minutes apart.
pub(super) fn undo(tries: u32) -> RetryPolicy {
    RetryPolicy::new(tries, FIRST_PAUSE)
        .with_backoff_coefficient(2.0)
        .with_max_retry_interval(LONGEST_PAUSES[1])
}

/// The pause before the next try of `step`, after `tries` have failed.
pub(in crate::sidecar) fn pause(step: Step, tries: u32) -> Duration {
    let forward = matches!(step, Step::Create | Step::Reserve | Step::Pay | Step::Ship);
    let longest = LONGEST_PAUSES[usize::from(!forward)];
    let doublings = 2_u32.saturating_pow(tries.saturating_sub(1));
    FIRST_PAUSE.saturating_mul(doublings).min(longest)
}

/// A few tries within about two minutes: the caller may retry.
pub(super) fn resume() -> RetryPolicy {
    RetryPolicy::new(8, FIRST_PAUSE).with_backoff_coefficient(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_of_their_step() {
        let pauses = |step, tries: [u32; 3]| tries.map(|tries| pause(step, tries).as_millis());
        assert_eq!(pauses(Step::Pay, [1, 2, 5]), [500, 1_000, 8_000]);
        assert_eq!(pauses(Step::Pay, [6, 7, u32::MAX]), [15_000; 3]);
        assert_eq!(pauses(Step::RefundPayment, [6, 11, u32::MAX]), [16_000, 512_000, 900_000]);
    }
}
