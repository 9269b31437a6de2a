//! Error responses in Key Vault's format: JSON `{"error": {"code", "message"}}`.

use crate::key_vault::limits::SetError;
use crate::key_vault::name::InvalidName;
use crate::key_vault::secrets::ReadError;
use axum::Json;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error response and its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VaultError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// How to authenticate, for `WWW-Authenticate` of a 401.
    challenge: Option<String>,
}

impl VaultError {
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
        let message = "The vault fails as requested by PUT /control/faults.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
    }

    pub(crate) fn unrecognized(method: &Method, path: &str) -> Self {
        let message = format!("no such call: {method} {path}");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// A body that is not as expected. It contains a secret, so only the position is named.
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

impl IntoResponse for VaultError {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        let challenge = self.challenge.map(|challenge| [(WWW_AUTHENTICATE, challenge)]);
        (self.status, challenge, Json(body)).into_response()
    }
}

impl From<ReadError> for VaultError {
    fn from(error: ReadError) -> Self {
        let (status, code) = match error {
            ReadError::NotFound(_) => (StatusCode::NOT_FOUND, "SecretNotFound"),
            ReadError::Disabled => (StatusCode::FORBIDDEN, "Forbidden"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<SetError> for VaultError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Full => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "Throttled", error.to_string())
            }
            SetError::Value
            | SetError::ContentType
            | SetError::Tags
            | SetError::Time
            | SetError::Validity => Self::bad(error.to_string()),
        }
    }
}

impl From<InvalidName> for VaultError {
    fn from(error: InvalidName) -> Self {
        Self::bad(error.to_string())
    }
}

impl From<BytesRejection> for VaultError {
    fn from(rejection: BytesRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<QueryRejection> for VaultError {
    fn from(rejection: QueryRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}
