//! The program as a process, and callers that speak HTTP with it.

mod http;
mod program;

pub(crate) use http::{Answer, call, read, request};
pub(crate) use program::{
    PATIENCE, Running, Signal, fails, help_names, stand_in, taken_ports_are_named,
};
