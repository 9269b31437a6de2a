//! Discovery, keys, tokens and the rotation of keys.

use crate::clock::now;
use crate::issuer::keys::Keys;
use crate::web::ApiError;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use ring::error::Unspecified;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The longest that a token lasts, in seconds: a day.
const MAX_SECONDS: i64 = 86_400;

/// The longest subject, in characters ([`OpenID` Connect](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)).
const MAX_SUBJECT: usize = 255;

/// The issuer: its URL, the default audience of its tokens, and its keys.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) audience: String,
    pub(crate) keys: Arc<Mutex<Keys>>,
}

/// The parameters of a request for a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    sub: String,
    #[serde(default)]
    scope: String,
    audience: Option<String>,
    #[serde(default = "an_hour")]
    seconds: i64,
}

fn an_hour() -> i64 {
    3_600
}

pub(crate) fn routes(issuer: Issuer) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(keys))
        .route("/token", get(token_by_query).post(token_by_form))
        .route("/control/rotate", post(rotate))
        .with_state(issuer)
}

async fn discovery(State(issuer): State<Issuer>) -> Json<Value> {
    let name = issuer.name;
    Json(json!({
        "issuer": name,
        "jwks_uri": format!("{name}/jwks"),
        "token_endpoint": format!("{name}/token"),
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    Json(issuer.keys().published())
}

async fn rotate(State(issuer): State<Issuer>) -> Result<Json<Value>, ApiError> {
    let id = issuer.keys().rotate().map_err(no_key)?;
    tracing::info!(kid = id, "Signing with a fresh key");
    Ok(Json(json!({ "kid": id })))
}

async fn token_by_query(
    State(issuer): State<Issuer>,
    request: Result<Query<TokenRequest>, QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    issuer.token(request?.0)
}

async fn token_by_form(
    State(issuer): State<Issuer>,
    request: Result<Form<TokenRequest>, FormRejection>,
) -> Result<Json<Value>, ApiError> {
    let rejected =
        |rejection: FormRejection| ApiError::new(rejection.status(), rejection.body_text());
    issuer.token(request.map_err(rejected)?.0)
}

impl Issuer {
    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self, request: TokenRequest) -> Result<Json<Value>, ApiError> {
        let TokenRequest { sub, scope, audience, seconds } = request;
        let bad = |why: String| ApiError::new(StatusCode::BAD_REQUEST, why);
        if !(1..=MAX_SUBJECT).contains(&sub.chars().count()) {
            return Err(bad(format!("'sub' must have 1 to {MAX_SUBJECT} characters")));
        }
        if !(1..=MAX_SECONDS).contains(&seconds) {
            return Err(bad(format!("'seconds' must be 1 to {MAX_SECONDS}")));
        }
        let now = now().as_second();
        let claims = json!({
            "iss": self.name, "sub": sub, "aud": audience.as_ref().unwrap_or(&self.audience),
            "iat": now, "exp": now + seconds, "scope": scope,
        });
        let token = self.keys().sign(&claims).map_err(no_key)?;
        let kind = "Bearer";
        Ok(Json(json!({
            "access_token": token, "token_type": kind, "expires_in": seconds, "scope": scope,
        })))
    }
}

fn no_key(_: Unspecified) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "no random numbers")
}
