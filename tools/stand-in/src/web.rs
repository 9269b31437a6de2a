//! What servers answer: errors, pages, and calls that they do not know.

use std::fmt::Display;

use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router};
use serde_json::json;

/// Binds the frames of a page too, so that nothing in it runs, calls out or leads away.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// An error that callers see: a status, and JSON `{"error": "…"}`.
///
/// Who stands in for a service with errors of its own has another.
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

    /// There is no such thing, or no longer.
    #[must_use]
    pub fn no_such(kind: &str, id: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {kind}: '{id}'"))
    }

    /// There is no such call.
    #[must_use]
    pub fn unrecognized(method: &Method, path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such call: {method} {path}"))
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

/// `app`, which reads bodies of at most `max_body_bytes`, refuses larger ones with 413, and answers
/// what it has no path or method for with an error.
pub fn bounded<E: IntoResponse + 'static>(
    app: Router,
    max_body_bytes: usize,
    unrecognized: fn(&Method, &str) -> E,
) -> Router {
    let refuse = move |method: Method, uri: Uri| async move { unrecognized(&method, uri.path()) };
    app.fallback(refuse)
        .method_not_allowed_fallback(refuse)
        .layer(DefaultBodyLimit::max(max_body_bytes))
}

/// A page that was rendered from `templates/page.html`, in which nothing runs.
pub fn respond(status: StatusCode, html: Result<String, impl Display>) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match html {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "Cannot render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
