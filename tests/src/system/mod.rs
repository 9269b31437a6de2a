//! A client of the running shop, and the invariants that must hold after each test.

mod callers;
mod contract;
pub mod invariants;
mod provider;
pub mod shop;
pub mod wait;
