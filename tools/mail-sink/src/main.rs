//! `mail-sink`: takes in and shows mail until it is told to stop.

mod serve;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    stand_in::run(serve::serve).await
}
