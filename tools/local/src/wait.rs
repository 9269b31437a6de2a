//! Polling.

use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Ticks immediately and then every `period`; a late tick delays those after it.
pub(crate) fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Does nothing for `period`.
pub(crate) async fn pause(period: Duration) {
    let mut ticks = ticks(period);
    ticks.tick().await;
    ticks.tick().await;
}
