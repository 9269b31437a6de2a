//! The process.

use crate::failure::Failure;
use crate::issuer::api::{self, Issuer};
use crate::issuer::keys::Keys;
use crate::issuer::{authorize, token};
use crate::process::{self, listen, server};
use crate::web::{ApiError, bounded, health};
use clap::Args;
use std::sync::{Arc, Mutex};

/// The largest request body read, in bytes; a larger one is rejected with 413.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Issues a token to every caller: for any subject, with any scopes.
///
/// GET /token?sub=ann&scope=orders returns one, signed by a key of GET /jwks; POST
/// /control/rotate replaces the key.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 8091)]
    port: u16,
    /// The audience of tokens, unless a caller names another.
    #[arg(long, value_name = "NAME", default_value = "saga-shop")]
    audience: String,
}

/// Serves until it is signalled to stop.
///
/// # Errors
///
/// The port is taken, no random numbers are available for a key, or the server fails.
pub async fn serve(Arguments { port, audience }: Arguments) -> Result<(), Failure> {
    let (listener, address) = listen(port, "--port").await?;
    let name = format!("http://{address}");
    let keys = Arc::new(Mutex::new(Keys::fresh()?));
    let issuer = Issuer { name: name.clone(), audience, keys, codes: Arc::default() };
    let app = api::routes(issuer.clone()).merge(token::routes(issuer.clone()));
    let app = app.merge(authorize::routes(issuer)).merge(health());
    let app = bounded(app, MAX_BODY_BYTES, ApiError::unrecognized);
    let announce =
        || tracing::info!(%address, "Issuing tokens at {name}/token?sub=ann&scope=orders");
    process::serve(announce, [server("issue tokens", axum::serve(listener, app))]).await
}
