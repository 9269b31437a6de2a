//! Fakes of the ports, sample orders and the conformance check, for unit tests.

pub mod fakes;
pub mod orders;
