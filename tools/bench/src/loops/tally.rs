//! Counts and latencies of a load.
#![expect(clippy::float_arithmetic, reason = "rates are fractions")]

use crate::client::Outcome;
use crate::stats::{float, per};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest latency that is distinguished, in microseconds; a longer one counts as that.
const LONGEST: u64 = 120_000_000;

/// What a load has done.
#[derive(Debug, Clone)]
pub struct Tally {
    /// The latencies of what ended within the window, in microseconds.
    latencies: Histogram<u64>,
    /// What was done at all, also before and after the window.
    pub done: u64,
    /// What was rejected.
    pub rejected: u64,
    /// What was begun later than intended, by more than the timer's precision.
    pub late: u64,
    /// What was not begun at all, because too much was under way.
    pub dropped: u64,
}

impl Default for Tally {
    fn default() -> Self {
        let latencies = Histogram::new_with_bounds(1, LONGEST, 3).expect("the bounds are valid");
        Self { latencies, done: 0, rejected: 0, late: 0, dropped: 0 }
    }
}

impl Tally {
    /// Adds what became of a request, which took `latency` if it ended within the window.
    pub(super) fn add(&mut self, outcome: Outcome, latency: Option<Duration>) {
        match outcome {
            Outcome::Rejected => self.rejected += 1,
            Outcome::Done => {
                self.done += 1;
                let latency = latency.and_then(|latency| u64::try_from(latency.as_micros()).ok());
                if let Some(latency) = latency {
                    self.latencies.saturating_record(latency);
                }
            }
        }
    }

    /// Adds what another client of the same load has done.
    pub fn merge(&mut self, other: &Self) {
        self.latencies.add(&other.latencies).expect("both have the same bounds");
        self.done += other.done;
        self.rejected += other.rejected;
        self.late += other.late;
        self.dropped += other.dropped;
    }

    /// What ended within a window of this length, per second.
    #[must_use]
    pub fn per_second(&self, window: Duration) -> f64 {
        per(float(self.latencies.len()), window.as_secs_f64())
    }

    /// The latencies.
    #[must_use]
    pub fn latency(&self) -> Latency {
        let millis = |micros| float(micros) / 1_000.0;
        let at = |quantile| millis(self.latencies.value_at_quantile(quantile));
        let max = millis(self.latencies.max());
        Latency { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max }
    }
}

/// Latencies in milliseconds; all are zero if nothing ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// What 90 % did not exceed.
    pub p90: f64,
    /// What 99 % did not exceed.
    pub p99: f64,
    /// What 99.9 % did not exceed.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_within_the_window_has_a_latency() {
        let mut tally = Tally::default();
        for millis in 1..=100 {
            tally.add(Outcome::Done, Some(Duration::from_millis(millis)));
        }
        tally.add(Outcome::Done, None);
        tally.add(Outcome::Rejected, Some(Duration::ZERO));
        assert_eq!((tally.done, tally.rejected), (101, 1));
        assert_eq!(tally.per_second(Duration::from_secs(10)).to_string(), "10");
        let Latency { p50, p99, .. } = tally.latency();
        assert!((49.9..50.2).contains(&p50) && (98.9..99.2).contains(&p99), "{p50} {p99}");
    }

    #[test]
    fn the_tallies_of_clients_are_merged() {
        let mut both = Tally { late: 1, ..Tally::default() };
        let mut one = Tally { dropped: 2, ..Tally::default() };
        one.add(Outcome::Done, Some(Duration::from_secs(500)));
        both.merge(&one);
        assert_eq!((both.done, both.late, both.dropped), (1, 1, 2));
        assert!((119_000.0..121_000.0).contains(&both.latency().max), "it counts as the longest");
    }
}
