//! The identity endpoint: App Service's protocol for managed identities, see
//! <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.

use std::fmt;
use std::str::FromStr;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::clock::now;
use crate::error::ApiError;
use crate::vault::Vault;

/// The one version of the protocol.
const API_VERSION: &str = "2019-08-01";

/// The longest identity header, in bytes.
const MAX_HEADER_BYTES: usize = 255;

/// What callers show as `X-IDENTITY-HEADER` to get a token.
#[derive(Clone)]
pub struct IdentityHeader(String);

/// Why a text cannot be an identity header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an identity header is 1 to {MAX_HEADER_BYTES} printable ASCII characters without spaces")]
pub struct InvalidIdentityHeader;

impl FromStr for IdentityHeader {
    type Err = InvalidIdentityHeader;

    fn from_str(text: &str) -> Result<Self, InvalidIdentityHeader> {
        let fits = (1..=MAX_HEADER_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIdentityHeader)
        }
    }
}

impl fmt::Debug for IdentityHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdentityHeader(redacted)")
    }
}

/// What a token is asked for.
#[derive(Debug, Deserialize)]
struct Wish {
    resource: String,
    #[serde(rename = "api-version")]
    api_version: String,
    client_id: Option<String>,
}

/// The answer: a token, and in text the second at which it expires.
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
    wish: Result<Query<Wish>, QueryRejection>,
) -> Result<Json<Granted>, ApiError> {
    let shown = headers.get("x-identity-header").map_or(&b""[..], |header| header.as_bytes());
    if !bool::from(vault.identity_header().0.as_bytes().ct_eq(shown)) {
        return Err(ApiError::unauthorized("X-IDENTITY-HEADER is missing or wrong", None));
    }
    let Query(Wish { resource, api_version, client_id }) = wish?;
    if api_version != API_VERSION {
        return Err(ApiError::bad(format!("api-version must be {API_VERSION}")));
    }
    let token = vault.state().tokens.issue(now());
    let expires_on = token.expires.as_second().to_string();
    let (access_token, token_type) = (token.text, "Bearer");
    Ok(Json(Granted { access_token, expires_on, resource, token_type, client_id }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_header_is_printable_bounded_and_hidden() {
        for bad in ["", "with space", "line\n", &"h".repeat(256)] {
            assert_eq!(bad.parse::<IdentityHeader>().map(|_| ()), Err(InvalidIdentityHeader));
        }
        let header: IdentityHeader = "hush".parse().unwrap();
        assert_eq!(format!("{header:?}"), "IdentityHeader(redacted)");
    }
}
