//! Measures the shop against what Dapr allows on the same machine, and counts the work of an order.
//!
//! Times on a machine that others use vary, so what is compared takes turns in short blocks ([`stats`]), and a
//! difference is one only beyond that of the same thing measured twice. Counts ([`meter`]) repeat within a few per
//! cent; a system test asserts them.

pub mod block;
pub mod ceiling;
pub mod client;
pub mod compare;
pub mod counters;
pub mod drain;
mod error;
mod git;
pub mod growth;
pub mod load;
pub mod loops;
pub mod measure;
pub mod meter;
pub mod moves;
pub mod report;
pub mod revision;
pub mod setting;
pub mod start_up;
pub mod stats;

pub use error::BenchError;
