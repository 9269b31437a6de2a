//! The payment simulator: in process, and as a program.

mod control;
mod faults;
mod idempotency;
mod intents;
mod keys;
mod lifecycle;
pub(crate) mod program;
mod refunds;
mod settling;
pub(crate) mod support;
