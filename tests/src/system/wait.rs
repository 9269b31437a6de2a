//! Waiting on conditions, with a bound.

use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(25);

/// Waits until `look` finds something, and returns that.
///
/// # Panics
/// When `limit` passes first; the message names `what` was waited for.
pub async fn until<T>(what: &str, limit: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    let mut glance = interval(GLANCE);
    glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        glance.tick().await;
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < limit, "waited {limit:?} in vain until {what}");
    }
}
