//! The process: reads its key, listens on the loopback address, stops on SIGTERM or SIGINT.

use std::path::PathBuf;

use clap::Parser;
use stand_in::{Failure, listen, stop};

use crate::secrets;

/// Simulates the payment provider on 127.0.0.1: Stripe's wire format for payment intents, refunds
/// and the rotation of API keys, kept in memory.
///
/// PUT /control/faults makes coming calls stall or fail; GET /control/ledger shows what was charged
/// and refunded; GET /control/keys shows the API keys, never a token, PUT /control/keys holds new
/// ones back, and DELETE /control/keys/ID ends one. Keys made by rotation end with the process.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// The port to listen on; 0 takes a free one, which the start line names.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// A JSON file that holds {"payment-api-key": "KEY"}, the first key that callers may show;
    /// its id is `mk_first`.
    #[arg(long, value_name = "PATH")]
    secrets_file: PathBuf,
}

/// Serves until it is told to stop.
pub(crate) async fn serve(Arguments { port, secrets_file }: Arguments) -> Result<(), Failure> {
    let attempt = format!("use the secrets file {}", secrets_file.display());
    let api_key = secrets::api_key(&secrets_file).map_err(Failure::of_usage(attempt))?;
    let (listener, address) = listen(port, "--port").await?;
    let stop = stop()?;
    tracing::info!(%address, "Simulating the payment provider at http://{address}");
    // The ledger ends with the process, so there is nothing that a stop should wait for.
    tokio::select! {
        served = axum::serve(listener, payment_simulator::app(api_key)) => {
            served.map_err(Failure::to("serve"))
        }
        () = stop => Ok(()),
    }
}
