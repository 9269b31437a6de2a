//! A client of the running shop, and the invariants that must hold after each test.

mod callers;
pub mod client;
mod contract;
mod gateway;
pub mod invariants;
mod own_gateway;
mod provider;
mod publishing;
pub mod shop;
pub mod wait;
