//! The Key Vault simulator: Azure Key Vault's secrets over TLS, and the managed identity by which
//! callers authenticate.
//!
//! The vault serves the REST data plane of
//! [secrets](https://learn.microsoft.com/rest/api/keyvault/secrets), as far as Dapr and Azure's
//! clients set and read them, to callers with a token:
//!
//! - `PUT /secrets/{name}`: makes a new version.
//! - `GET /secrets/{name}`, `GET /secrets/{name}/{version}`: a secret with its value; by default the
//!   newest version that is enabled.
//! - `PATCH /secrets/{name}/{version}`: updates the tags of a version.
//!
//! The identity endpoint issues the tokens by App Service's protocol, and has the control paths:
//!
//! - `GET /msi/token`: a token for callers with the identity header.
//! - `GET /healthz`: 200 as long as the process serves.
//! - `GET /control/secrets`: a [`SecretSummary`] of each secret, never a value.
//!   `PUT /control/secrets/{name}` with `{"value", "tags"?}`: sets one, as an operator would.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: the vault's next calls
//!   fail.
//! - `GET /control/near-expiry/{name}`: the `CloudEvent` that Event Grid sends before the current
//!   version expires.
//!
//! A proxy forwards calls to `*.vault.azure.net`, the only vaults that Dapr calls, to this one.
//!
//! Secrets and the token are held in memory and end with the process: a client that caches its token,
//! as Azure's do for a day, is rejected by the next process until the client restarts too. The
//! control paths are not authenticated; the program listens on the loopback address only.

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
mod vault;
mod version;

pub use control::{SecretSummary, VersionSummary};
pub use limits::{MAX_SECRETS, MAX_VALUE_BYTES, MAX_VERSIONS};
pub use name::{InvalidName, SecretName};
pub use serve::{Arguments, MAX_BODY_BYTES, serve};
pub use vault::{FaultKind, FaultPlan};
