//! The payment simulator: in process, and as a program.

mod control;
mod faults;
mod idempotency;
mod intents;
mod keys;
mod lifecycle;
mod program;
mod refunds;
mod settling;
mod support;
