//! The wall clock: the only place that reads it.

use jiff::Timestamp;

/// The current time, in UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "stand-ins show wall-clock times")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
