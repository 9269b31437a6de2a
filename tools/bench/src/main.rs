//! `bench`: measures the shop against what Dapr allows on the same machine.

mod commands;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match commands::Bench::try_parse() {
        Ok(bench) => commands::run(bench).await,
        Err(help_or_error) => commands::explain(&help_or_error),
    }
}
