//! The control paths: the stored secrets, and the event of a near expiry.

use crate::clock::now;
use crate::key_vault::error::VaultError;
use crate::key_vault::event::NearExpiry;
use crate::key_vault::name::SecretName;
use crate::key_vault::secrets::{History, ReadError};
use crate::key_vault::vault::Vault;
use crate::key_vault::version::Version;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A secret without its value: an element of the response to `GET /control/secrets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretSummary {
    /// 1 to 127 letters, digits and dashes.
    pub name: SecretName,
    /// Its versions, oldest first.
    pub versions: Vec<VersionSummary>,
    /// How often its value was read.
    pub reads: u64,
    /// How often it was set through the vault's API.
    pub writes: u64,
}

/// A version of a secret, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionSummary {
    /// 32 hexadecimal digits.
    pub version: String,
    /// Whether it may be read.
    pub enabled: bool,
    /// When it expires, if ever; it can be read after that too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Tags by name, at most 15.
    pub tags: BTreeMap<String, String>,
}

pub(crate) fn routes(vault: &Vault) -> Router {
    Router::new()
        .route("/control/secrets", get(list_secrets))
        .route("/control/secrets/{name}", put(set_secret))
        .route("/control/near-expiry/{name}", get(near_expiry))
        .with_state(vault.clone())
}

async fn list_secrets(State(vault): State<Vault>) -> Json<Vec<SecretSummary>> {
    let state = vault.state();
    Json(state.secrets.iter().map(|(name, history)| summary(name, history)).collect())
}

/// The body of `PUT /control/secrets/{name}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewValue {
    value: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

async fn set_secret(
    State(vault): State<Vault>,
    Path(name): Path<String>,
    Json(new): Json<NewValue>,
) -> Result<StatusCode, VaultError> {
    vault.seed(&name.parse()?, new.value, new.tags)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn near_expiry(
    State(vault): State<Vault>,
    Path(name): Path<String>,
) -> Result<Json<NearExpiry>, VaultError> {
    let name: SecretName = name.parse()?;
    let state = vault.state();
    let current = state.secrets.history(&name).and_then(History::current);
    let version = current.ok_or_else(|| ReadError::NotFound(name.to_string()))?;
    Ok(Json(NearExpiry::of(&name, version, now())))
}

fn summary(name: &SecretName, history: &History) -> SecretSummary {
    SecretSummary {
        name: name.clone(),
        versions: history.versions.iter().map(version_summary).collect(),
        reads: history.reads,
        writes: history.writes,
    }
}

fn version_summary(version: &Version) -> VersionSummary {
    VersionSummary {
        version: version.id.simple().to_string(),
        enabled: version.enabled,
        expires_at: version.expires,
        tags: version.tags.clone(),
    }
}
