//! The clock: the one place that asks for the time of day.

use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "versions and tokens tell the time of day")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
