//! The trace sink: the program, over OTLP and HTTP.

mod api;
mod control;
mod export;
mod pages;
pub(crate) mod support;
mod wire;
