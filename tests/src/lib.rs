//! Whole-system tests: a client of the shop, and the invariants that must hold after each. Beside
//! them, what is generated from the manifests, and what the rules of the house read.

pub mod aks;
pub mod deploy;
pub mod generated;
pub mod infra;
pub mod invariants;
pub mod shop;
pub mod tidy;
pub mod wait;
pub mod workspace;
