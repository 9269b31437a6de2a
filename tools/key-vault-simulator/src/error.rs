//! The errors that callers see, in Key Vault's shape: JSON `{"error": {"code", "message"}}`.

use axum::Json;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::name::InvalidName;
use crate::secrets::{ReadError, SetError};

/// An error and the status it travels under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// How to prove who one is, with a 401.
    challenge: Option<String>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), challenge: None }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadParameter", message)
    }

    pub(crate) fn unauthorized(message: &str, challenge: Option<String>) -> Self {
        Self { challenge, ..Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", message) }
    }

    pub(crate) fn unavailable() -> Self {
        let message = "The vault fails as PUT /control/faults asked for.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
    }

    pub(crate) fn unrecognized(method: &Method, path: &str) -> Self {
        let message = format!("no such call: {method} {path}");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// A body that is not as expected; what it holds is a secret, so only the place is told.
    pub(crate) fn body(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::bad(format!(
            "The body is not {{\"value\": TEXT, \"contentType\"?, \"tags\"?, \"attributes\"?}}, see \
             line {line} column {column}"
        ))
    }

    fn rejected(status: StatusCode, message: String) -> Self {
        Self::new(status, "BadParameter", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        let challenge = self.challenge.map(|challenge| [(WWW_AUTHENTICATE, challenge)]);
        (self.status, challenge, Json(body)).into_response()
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        let (status, code) = match error {
            ReadError::NotFound(_) => (StatusCode::NOT_FOUND, "SecretNotFound"),
            ReadError::Disabled => (StatusCode::FORBIDDEN, "Forbidden"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<SetError> for ApiError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Full => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "Throttled", error.to_string())
            }
            SetError::Value
            | SetError::ContentType
            | SetError::Tags { .. }
            | SetError::Time
            | SetError::Validity => Self::bad(error.to_string()),
        }
    }
}

impl From<InvalidName> for ApiError {
    fn from(error: InvalidName) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}
