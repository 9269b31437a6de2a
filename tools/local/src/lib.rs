//! Runs the whole system on one machine, for `./makew start` and for the system tests.
//!
//! A [`Cluster`] is Dapr's control plane, Redis, the payment simulator and every function with its
//! sidecar. Any number of them can run at the same time, and none leaves a process behind, however its
//! parent ends: see [`guard`].

pub mod api;
mod cache;
pub mod chromium;
pub mod cluster;
pub mod controls;
pub mod dapr;
mod error;
pub mod guard;
pub mod load;
mod lock;
pub mod log;
pub mod manifest;
pub mod mesh;
mod package;
pub mod ports;
mod probe;
pub mod process;
pub mod products;
pub mod progress;
pub mod rebuild;
mod redis;
mod resources;
mod run;
pub mod signals;
pub mod streams;
mod wait;
pub mod workspace;

pub use self::redis::of_start as redis_of_start;
pub use cluster::{Cluster, Credentials, Options, Place};
pub use error::LocalError;
pub use probe::http_client;
pub use process::Process;
pub use resources::make_secrets;
