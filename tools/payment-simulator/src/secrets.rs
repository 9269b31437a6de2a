//! The secrets file: JSON with the API key, read once; errors never show what it holds.

use std::path::Path;
use std::{fs, io};

use payment_simulator::{ApiKey, InvalidApiKey};
use serde_json::Value;
use thiserror::Error;

/// The name of the API key in the file.
const NAME: &str = "payment-api-key";

/// Why a secrets file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum SecretsError {
    #[error("cannot read it")]
    Read(#[source] io::Error),
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    #[error("it has no text \"{NAME}\"; expected {{\"{NAME}\": \"sk_test_…\"}}")]
    Missing,
    #[error("its \"{NAME}\" is unusable")]
    Key(#[source] InvalidApiKey),
}

/// # Errors
///
/// The file cannot be read, or holds no usable key.
pub(crate) fn api_key(path: &Path) -> Result<ApiKey, SecretsError> {
    let bytes = fs::read(path).map_err(SecretsError::Read)?;
    // Parsed as any JSON first: an error of a typed parse would quote the value.
    let secrets: Value = serde_json::from_slice(&bytes).map_err(SecretsError::Json)?;
    let key = secrets.get(NAME).and_then(Value::as_str).ok_or(SecretsError::Missing)?;
    key.parse().map_err(SecretsError::Key)
}
