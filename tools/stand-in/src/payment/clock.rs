//! The simulator's clock, which a control path can advance.

use crate::clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// The most by which one call advances the clock, in seconds: ten years.
pub const MAX_ADVANCE_SECONDS: u64 = 315_360_000;

/// Starts at the current time and never goes back.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_at: Timestamp,
    advanced: Duration,
}

/// The body of `POST /control/clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// By how much, in seconds, at most [`MAX_ADVANCE_SECONDS`].
    pub advance_seconds: u64,
}

/// The response to `POST /control/clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// The simulator's time, in UTC.
    pub now: Timestamp,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), started_at: clock::now(), advanced: Duration::ZERO }
    }

    pub(crate) fn now(&self) -> Timestamp {
        later(self.started_at, self.started.elapsed().saturating_add(self.advanced))
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by);
    }
}

/// `at` plus `wait`, at most [`Timestamp::MAX`].
pub(crate) fn later(at: Timestamp, wait: Duration) -> Timestamp {
    at.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_clock_runs_and_can_be_advanced() {
        let mut clock = Clock::new();
        let start = clock.now();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(clock.now(), later(start, Duration::from_secs(5)));
        clock.advance(Duration::from_hours(24));
        assert_eq!(clock.now(), later(start, Duration::from_secs(86_405)));
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }
}
