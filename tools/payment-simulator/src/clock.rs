//! The clock: the one place that asks for the time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Whole seconds since the Unix epoch; 0 on a clock set before it.
#[expect(clippy::disallowed_methods, reason = "`created` is the time of day, as with Stripe")]
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[expect(clippy::disallowed_methods, reason = "keys tell the time of day, as with Stripe")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
