//! The clock: the one place that asks for the time of day.

use jiff::Timestamp;

#[expect(clippy::disallowed_methods, reason = "a mail shows the time of day at which it came")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
