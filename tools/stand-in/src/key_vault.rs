//! The Key Vault simulator: Azure Key Vault's secrets over TLS, and the managed identity by which
//! callers prove who they are.
//!
//! The vault serves the REST data plane of
//! [secrets](https://learn.microsoft.com/rest/api/keyvault/secrets), as far as Dapr and Azure's
//! clients set and read them, to callers who show a token:
//!
//! - `PUT /secrets/{name}`: makes a new version.
//! - `GET /secrets/{name}`, `GET /secrets/{name}/{version}`: a secret with its value; the newest
//!   version that is enabled, unless one is named.
//! - `GET /secrets`, `GET /secrets/{name}/versions`: lists without values, each on one page.
//!
//! The identity endpoint gives out the tokens by App Service's protocol, and has the control paths:
//!
//! - `GET /msi/token`: a token for callers who show the identity header.
//! - `GET /healthz`: 200 as long as the process serves.
//! - `GET /control/secrets`: a [`SecretSummary`] of each secret, never a value.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: the vault's next calls
//!   fail.
//! - `GET /control/near-expiry/{name}`: the `CloudEvent` that Event Grid sends before the current
//!   version expires.
//!
//! A proxy leads calls of `*.vault.azure.net`, the only vaults that Dapr calls, to the one here.
//!
//! Secrets and tokens are kept in memory and end with the process: a client that keeps its token, as
//! Azure's do for a day, is rejected by the next process until the client restarts too. The
//! control paths ask for nothing; the program listens on the loopback address only.

mod api;
mod auth;
mod bundle;
mod certificates;
mod control;
mod error;
mod event;
mod identity;
mod limits;
mod name;
mod proxy;
mod secrets;
mod seeds;
mod serve;
mod tokens;
mod value;
mod vault;
mod version;

pub use control::{SecretSummary, VersionSummary};
pub use limits::{MAX_SECRETS, MAX_VALUE_BYTES, MAX_VERSIONS};
pub use name::{InvalidName, SecretName};
pub use serve::{Arguments, MAX_BODY_BYTES, serve};
pub use tokens::MAX_TOKENS;
pub use vault::{FaultKind, FaultPlan};
