//! `key-vault-simulator`: serves the simulated Key Vault until it is told to stop.

mod seeds;
mod serve;

use std::io;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    serve::run().await
}
