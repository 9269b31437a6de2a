//! Discovery, keys and their rotation.

use crate::clock::now;
use crate::issuer::codes::Codes;
use crate::issuer::keys::Keys;
use crate::web::ApiError;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use ring::error::Unspecified;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The issuer: its URL, the default audience of its tokens, its keys, and its authorization codes.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) audience: String,
    pub(crate) keys: Arc<Mutex<Keys>>,
    pub(crate) codes: Arc<Mutex<Codes>>,
}

/// Members that override those of a token's header and claims.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Overrides {
    #[serde(default)]
    header: Map<String, Value>,
    #[serde(default)]
    claims: Map<String, Value>,
}

/// The default lifetime of a token, in seconds.
pub(crate) fn an_hour() -> i64 {
    3_600
}

pub(crate) fn routes(issuer: Issuer) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(keys))
        .route("/control/rotate", post(rotate))
        .route("/control/sign", post(sign))
        .with_state(issuer)
}

/// Pages of any origin may read it: it is the same for everyone.
async fn discovery(State(issuer): State<Issuer>) -> impl IntoResponse {
    let name = issuer.name;
    let metadata = json!({
        "issuer": name,
        "jwks_uri": format!("{name}/jwks"),
        "authorization_endpoint": format!("{name}/authorize"),
        "token_endpoint": format!("{name}/token"),
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    });
    ([(ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(metadata))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    tracing::info!("Publishing the keys");
    Json(issuer.keys().published())
}

async fn rotate(State(issuer): State<Issuer>) -> Result<Json<Value>, ApiError> {
    let id = issuer.keys().rotate().map_err(no_key)?;
    tracing::info!(kid = id, "Signing with a new key");
    Ok(Json(json!({ "kid": id })))
}

async fn sign(
    State(issuer): State<Issuer>,
    overrides: Result<Json<Overrides>, JsonRejection>,
) -> Result<String, ApiError> {
    let Json(Overrides { header, claims }) = overrides?;
    let base = issuer.claims("ann", "orders", &issuer.audience, an_hour());
    issuer.keys().sign(&header, &overridden(base, claims)).map_err(no_key)
}

/// `base` with these members; those that are null are removed.
fn overridden(mut base: Value, overrides: Map<String, Value>) -> Value {
    if let Some(members) = base.as_object_mut() {
        members.extend(overrides);
        members.retain(|_, value| !value.is_null());
    }
    base
}

impl Issuer {
    pub(crate) fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn codes(&self) -> MutexGuard<'_, Codes> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn claims(&self, sub: &str, scope: &str, audience: &str, seconds: i64) -> Value {
        let now = now().as_second();
        json!({
            "iss": self.name, "sub": sub, "preferred_username": sub, "aud": audience,
            "iat": now, "exp": now + seconds, "scope": scope,
        })
    }
}

pub(crate) fn no_key(_: Unspecified) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "no random numbers are available")
}
