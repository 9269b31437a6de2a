//! The identity endpoint: App Service's protocol for managed identities, see
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.

use crate::clock::now;
use crate::key_vault::error::VaultError;
use crate::key_vault::vault::Vault;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

/// The only supported version of the protocol.
const API_VERSION: &str = "2019-08-01";

/// How long clients may cache a token: a day, as in Azure.
const VALID_SECONDS: i64 = 86_400;

/// The parameters of a request for a token.
#[derive(Debug, Deserialize)]
struct TokenRequest {
    resource: String,
    #[serde(rename = "api-version")]
    api_version: String,
    client_id: Option<String>,
}

/// The response: a token, and its expiry in seconds since the Unix epoch, as text.
#[derive(Serialize)]
struct Granted {
    access_token: String,
    expires_on: String,
    resource: String,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
}

pub(crate) fn routes(vault: &Vault) -> Router {
    Router::new().route("/msi/token", get(grant)).with_state(vault.clone())
}

async fn grant(
    State(vault): State<Vault>,
    headers: HeaderMap,
    request: Result<Query<TokenRequest>, QueryRejection>,
) -> Result<Json<Granted>, VaultError> {
    let presented = headers.get("x-identity-header").map_or(&b""[..], |header| header.as_bytes());
    if !vault.identity_header().matches(presented) {
        return Err(VaultError::unauthorized("X-IDENTITY-HEADER is missing or wrong", None));
    }
    let Query(TokenRequest { resource, api_version, client_id }) = request?;
    if api_version != API_VERSION {
        return Err(VaultError::bad(format!("api-version must be {API_VERSION}")));
    }
    let expires_on = (now().as_second() + VALID_SECONDS).to_string();
    let (access_token, token_type) = (vault.token().expose().to_owned(), "Bearer");
    Ok(Json(Granted { access_token, expires_on, resource, token_type, client_id }))
}
