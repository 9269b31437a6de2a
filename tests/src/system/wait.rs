//! Bounded waits for conditions.

use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// The interval between two checks of a condition.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Waits until `condition` returns a value, and returns that.
///
/// # Panics
/// After `limit`; the message contains `what`.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let began = Instant::now();
    let mut polls = interval(POLL_INTERVAL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        polls.tick().await;
        if let Some(found) = condition().await {
            return found;
        }
        assert!(began.elapsed() < limit, "timed out after {limit:?} waiting until {what}");
    }
}
