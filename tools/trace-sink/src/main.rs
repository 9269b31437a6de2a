//! `trace-sink`: takes in and shows traces and metrics until it is told to stop.

mod serve;

use std::io;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    serve::run().await
}
