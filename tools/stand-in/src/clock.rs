//! The clock: the one place that asks for the time of day.

use jiff::Timestamp;

/// The time of day.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "what a stand-in shows has a time of day")]
pub fn now() -> Timestamp {
    Timestamp::now()
}
