//! A client of the running shop, and the invariants that must hold after each test.

pub mod invariants;
pub mod shop;
pub mod wait;
