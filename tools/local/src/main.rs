//! `local`: runs the shop on this machine.

mod commands;

use clap::Parser;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match commands::Local::try_parse() {
        Ok(local) => commands::run(local).await,
        Err(help_or_error) => commands::explain(&help_or_error),
    }
}
