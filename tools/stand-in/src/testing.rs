//! For tests: the program as a process, and callers that speak HTTP with it.

mod http;
mod program;

pub use http::{Answer, call, read, request};
pub use program::{PATIENCE, Running, Signal, fails, help_names, program, taken_ports_are_named};
