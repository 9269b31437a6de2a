//! A secrets file: a JSON object, read once; errors never show its content.

use serde_json::{Map, Value};
use std::path::Path;
use std::{fs, io};
use thiserror::Error;

/// Why a secrets file cannot be read.
#[derive(Debug, Error)]
pub enum SecretsFileError {
    /// It cannot be opened or read.
    #[error("cannot read it")]
    Read(#[source] io::Error),
    /// Its text is not JSON.
    #[error("it is not JSON")]
    Json(#[source] serde_json::Error),
    /// Its JSON is not an object.
    #[error("it is not an object of names and strings")]
    NotAnObject,
}

/// The values of the file at `path` by name.
///
/// # Errors
///
/// The file cannot be read, or is not a JSON object.
pub fn read(path: &Path) -> Result<Map<String, Value>, SecretsFileError> {
    let bytes = fs::read(path).map_err(SecretsFileError::Read)?;
    // Parsed as any JSON first: an error of a typed parse would quote the value.
    match serde_json::from_slice(&bytes).map_err(SecretsFileError::Json)? {
        Value::Object(values) => Ok(values),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(SecretsFileError::NotAnObject)
        }
    }
}
