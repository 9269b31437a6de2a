//! Key Vault's paths: secrets and their versions.

use crate::clock::now;
use crate::key_vault::auth::{Host, require_token};
use crate::key_vault::bundle::{Bundle, Properties};
use crate::key_vault::error::VaultError;
use crate::key_vault::name::SecretName;
use crate::key_vault::vault::Vault;
use crate::key_vault::version::{NewProperties, NewSecret, Version};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

pub(crate) fn routes(vault: &Vault) -> Router {
    Router::new()
        .route("/secrets/{name}", get(read_current).put(set_secret))
        // Azure's clients end the path of the current version with a slash.
        .route("/secrets/{name}/", get(read_current))
        .route("/secrets/{name}/{version}", get(read_version).patch(update_properties))
        .route_layer(from_fn_with_state(vault.clone(), require_token))
        .with_state(vault.clone())
}

async fn set_secret(
    State(vault): State<Vault>,
    Host(host): Host,
    Path(name): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, VaultError> {
    let name: SecretName = name.parse()?;
    let new: NewSecret =
        serde_json::from_slice(&body?).map_err(|error| VaultError::body(&error))?;
    let version = Version::new(new, now())?;
    let mut state = vault.state();
    state.secrets.set(&name, version.clone())?;
    state.secrets.count_write(&name);
    Ok(Json(Bundle::new(&host, &name, &version)).into_response())
}

/// Of a version's properties, only the tags can be changed
/// (<https://learn.microsoft.com/rest/api/keyvault/secrets/update-secret>).
async fn update_properties(
    State(vault): State<Vault>,
    Host(host): Host,
    Path((name, version)): Path<(String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, VaultError> {
    let name: SecretName = name.parse()?;
    let new: NewProperties =
        serde_json::from_slice(&body?).map_err(|error| VaultError::body(&error))?;
    let mut state = vault.state();
    let version = state.secrets.find(&name, &version)?;
    version.update(new)?;
    Ok(Json(Properties::of_version(&host, &name, version)).into_response())
}

async fn read_current(
    State(vault): State<Vault>,
    Host(host): Host,
    Path(name): Path<String>,
) -> Result<Response, VaultError> {
    read(&vault, &host, &name, None)
}

async fn read_version(
    State(vault): State<Vault>,
    Host(host): Host,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, VaultError> {
    read(&vault, &host, &name, Some(&version))
}

fn read(
    vault: &Vault,
    host: &str,
    name: &str,
    version: Option<&str>,
) -> Result<Response, VaultError> {
    let name = name.parse()?;
    let mut state = vault.state();
    let version = state.secrets.read(&name, version)?;
    Ok(Json(Bundle::new(host, &name, version)).into_response())
}
