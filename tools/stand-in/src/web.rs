//! What HTTP servers have in common: errors, bounds, and bearer tokens.

use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use std::fmt;

/// An error response: a status, and JSON `{"error": "…"}`.
///
/// A stand-in for a service with error formats of its own uses those for that service's calls.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    /// An error with `message` under `status`.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// 404: there is no `kind` with this id, or no longer.
    #[must_use]
    pub fn no_such(kind: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {kind}: '{id}'"))
    }

    /// 404: there is no such path or method.
    #[must_use]
    pub fn unrecognized(method: &Method, path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such call: {method} {path}"))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

/// `app`, which reads bodies of at most `max_body_bytes`, rejects larger ones with 413, and returns
/// an error for unknown paths and methods.
pub fn bounded<E: IntoResponse + 'static>(
    app: Router,
    max_body_bytes: usize,
    unrecognized: fn(&Method, &str) -> E,
) -> Router {
    let reject = move |method: Method, uri: Uri| async move { unrecognized(&method, uri.path()) };
    app.fallback(reject)
        .method_not_allowed_fallback(reject)
        .layer(DefaultBodyLimit::max(max_body_bytes))
}

/// `GET /healthz`: 200 as long as the process serves.
pub fn health() -> Router {
    Router::new().route("/healthz", get(StatusCode::OK))
}

/// The token of `Authorization: Bearer <token>`.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
