//! The process: serves Stripe's paths and the control paths on one port.

use crate::failure::Failure;
use crate::payment::error::StripeError;
use crate::payment::simulator::Simulator;
use crate::payment::{api, control};
use crate::process::{self, listen_on, server};
use crate::secret::{InvalidSecret, Secret};
use crate::secrets_file::{self, SecretsFileError};
use crate::web::{bounded, health};
use axum::Router;
use clap::Args;
use serde_json::Value;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The largest request body read, in bytes; a larger one is rejected with 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The name of the API key in the secrets file.
const NAME: &str = "payment-api-key";

/// Simulates the payment provider: Stripe's wire format for payment intents, refunds
/// and the rotation of API keys, in memory.
///
/// PUT /control/faults makes the next calls stall or fail, and PUT /control/settlement makes the next
/// payments and refunds settle later, by a clock that POST /control/clock advances; GET /control/ledger
/// shows every movement of money; GET /control/keys shows the API keys, never a token, PUT /control/keys
/// holds new ones back, and DELETE /control/keys/ID expires one. Keys made by rotation end with the
/// process.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes a free one, which the start line names.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// The address to listen on. Callers are not authenticated: another than loopback only where a network
    /// policy admits them.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
    /// A JSON file {"payment-api-key": "KEY"} with the first API key, whose id is `mk_first`.
    #[arg(long, value_name = "PATH")]
    secrets_file: PathBuf,
}

/// Why there is no valid key in a secrets file.
#[derive(Debug, Error)]
enum KeyError {
    #[error(transparent)]
    File(#[from] SecretsFileError),
    #[error("it has no string \"{NAME}\"; expected {{\"{NAME}\": \"sk_test_…\"}}")]
    Missing,
    #[error("its \"{NAME}\" is invalid")]
    Invalid(#[source] InvalidSecret),
}

/// Serves until it is signalled to stop.
///
/// # Errors
///
/// The secrets file cannot be used, the port is taken, or the server fails.
pub async fn serve(Arguments { port, address, secrets_file }: Arguments) -> Result<(), Failure> {
    let attempt = format!("use the secrets file {}", secrets_file.display());
    let api_key = read_key(&secrets_file).map_err(Failure::of_usage(attempt))?;
    let (listener, address) = listen_on(address, port, "--port").await?;
    let announce =
        || tracing::info!(%address, "Simulating the payment provider at http://{address}");
    process::serve(announce, [server("serve", axum::serve(listener, app(api_key)))]).await
}

/// The whole server, with a ledger of its own. `api_key` gets the id [`FIRST_KEY_ID`].
///
/// [`FIRST_KEY_ID`]: crate::payment::FIRST_KEY_ID
pub fn app(api_key: Secret) -> Router {
    let simulator = Simulator::new(api_key);
    let app = api::routes(&simulator)
        .merge(control::routes(&simulator))
        .merge(simulator.faults().routes())
        .merge(health());
    bounded(app, MAX_BODY_BYTES, StripeError::unrecognized)
}

fn read_key(path: &Path) -> Result<Secret, KeyError> {
    let secrets = secrets_file::read(path)?;
    let key = secrets.get(NAME).and_then(Value::as_str).ok_or(KeyError::Missing)?;
    key.parse().map_err(KeyError::Invalid)
}
