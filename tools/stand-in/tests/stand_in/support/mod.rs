//! The program as a process, and calls to it over HTTP.

mod http;
mod program;

pub(crate) use http::{ApiResponse, assert_runs_nothing, call, client, request};
pub(crate) use program::{
    Running, Signal, TIMEOUT, fails, help_names, stand_in, taken_ports_are_named,
};
