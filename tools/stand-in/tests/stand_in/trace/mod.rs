//! The trace sink: the program, over OTLP and HTTP.

mod api;
mod control;
mod export;
mod grpc;
mod pages;
mod program;
mod support;
mod wire;
