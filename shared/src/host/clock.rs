//! The time of this machine.

use crate::ports::Clock;
use jiff::Timestamp;

/// The clock of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else uses")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
