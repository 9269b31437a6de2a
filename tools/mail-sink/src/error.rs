//! The errors that callers of the API see: a status, and JSON `{"error": "…"}`.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::faults::PlanError;

/// An error and the status it travels under.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    pub(crate) fn no_such_mail(id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: format!("no such mail: '{id}'") }
    }

    pub(crate) fn unrecognized(method: &Method, path: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: format!("no such call: {method} {path}") }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": self.message }))).into_response()
    }
}

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, message: error.to_string() }
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
