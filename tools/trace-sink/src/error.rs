//! The errors that callers see: a status, and JSON `{"error": "…"}`.

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use prost::DecodeError;
use serde_json::json;

use crate::faults::Failing;

/// An error and the status it travels under.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub(crate) fn no_such_trace(id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: format!("no such trace: '{id}'") }
    }

    pub(crate) fn unrecognized(method: &Method, path: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: format!("no such call: {method} {path}") }
    }

    pub(crate) fn unsupported(message: &str) -> Self {
        Self { status: StatusCode::UNSUPPORTED_MEDIA_TYPE, message: message.to_owned() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl From<Failing> for ApiError {
    fn from(failing: Failing) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message: failing.to_string() }
    }
}

impl From<DecodeError> for ApiError {
    fn from(error: DecodeError) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: error.to_string() }
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self { status: rejection.status(), message: rejection.body_text() }
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self { status: rejection.status(), message: rejection.body_text() }
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self { status: rejection.status(), message: rejection.body_text() }
    }
}
