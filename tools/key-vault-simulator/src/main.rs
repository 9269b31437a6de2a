//! `key-vault-simulator`: serves the simulated Key Vault until it is told to stop.

mod seeds;
mod serve;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    stand_in::run(serve::serve).await
}
