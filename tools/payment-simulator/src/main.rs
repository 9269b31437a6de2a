//! `payment-simulator`: serves the simulated payment provider until it is told to stop.

mod secrets;
mod serve;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    stand_in::run(serve::serve).await
}
