//! Simulates Azure Key Vault: secrets over TLS, and the managed identity that callers prove to be.
//!
//! [`serve_vault`] serves the REST data plane of
//! [secrets](https://learn.microsoft.com/rest/api/keyvault/secrets), as far as Dapr and Azure's
//! clients set and read them, to whoever shows a token:
//!
//! - `PUT /secrets/{name}`: makes a new version.
//! - `GET /secrets/{name}`, `GET /secrets/{name}/{version}`: a secret with its value; the newest
//!   version that is enabled, unless one is named.
//! - `GET /secrets`, `GET /secrets/{name}/versions`: lists without values, each on one page.
//!
//! [`identity_app`] gives out the tokens by App Service's protocol, and has the control paths:
//!
//! - `GET /msi/token`: a token for whoever shows the [`IdentityHeader`].
//! - `GET /healthz`: 200 as long as the process serves.
//! - `GET /control/secrets`: a [`SecretSummary`] of each secret, never a value.
//! - `PUT /control/faults` with a [`FaultPlan`]: the vault's next calls fail.
//! - `GET /control/near-expiry/{name}`: the `CloudEvent` that Event Grid sends before the current
//!   version expires.
//!
//! [`serve_proxy`] leads calls of `*.vault.azure.net`, the only vaults that Dapr calls, to the one
//! here.
//!
//! Secrets and tokens are kept in memory and end with the process: a client that keeps its token, as
//! Azure's do for a day, is refused by the next process until it is started anew. The control paths ask for nothing; the
//! binary listens on the loopback address only.

mod api;
mod auth;
mod bundle;
mod certificates;
mod clock;
mod control;
mod error;
mod event;
mod identity;
mod name;
mod proxy;
mod secrets;
mod tokens;
mod value;
mod vault;
mod version;

use std::io;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use axum_server::tls_rustls::{RustlsConfig, from_tcp_rustls};
use stand_in::bounded;
use tokio::net::TcpListener;

pub use certificates::{CertificateError, Certificates};
pub use control::{FaultPlan, MAX_FAILING, SecretSummary, VersionSummary};
pub use identity::{IdentityHeader, InvalidIdentityHeader};
pub use name::{InvalidName, SecretName};
pub use proxy::serve_proxy;
pub use secrets::{MAX_SECRETS, MAX_VERSIONS, SetError};
pub use tokens::MAX_TOKENS;
pub use value::MAX_VALUE_BYTES;
pub use vault::Vault;

use crate::error::ApiError;

/// The largest request body read, in bytes; a larger one is refused with 413. JSON may need six
/// bytes for one of a value.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// Serves `vault` over TLS.
///
/// # Errors
///
/// The listener cannot be used.
pub async fn serve_vault(
    listener: TcpListener,
    vault: &Vault,
    certificates: &Certificates,
) -> io::Result<()> {
    let tls = RustlsConfig::from_config(certificates.config.clone());
    let app = bounded(api::routes(vault), MAX_BODY_BYTES, ApiError::unrecognized);
    from_tcp_rustls(listener.into_std()?, tls)?.serve(app.into_make_service()).await
}

/// The identity endpoint and the control paths of `vault`.
pub fn identity_app(vault: &Vault) -> Router {
    let app = Router::new()
        .merge(identity::routes(vault))
        .merge(control::routes(vault))
        .route("/healthz", get(StatusCode::OK));
    bounded(app, MAX_BODY_BYTES, ApiError::unrecognized)
}
