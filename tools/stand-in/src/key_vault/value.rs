//! The value of a secret, which only its reader sees.

use crate::key_vault::limits::{MAX_VALUE_BYTES, SetError};
use std::fmt;

/// A text that is shown by [`SecretValue::expose`] alone.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretValue(String);

impl SecretValue {
    /// # Errors
    ///
    /// The value is too long.
    pub(crate) fn new(text: String) -> Result<Self, SetError> {
        if text.len() > MAX_VALUE_BYTES { Err(SetError::Value) } else { Ok(Self(text)) }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_value() {
        let value = SecretValue::new("hush".to_owned()).unwrap();
        assert_eq!(format!("{value:?}"), "SecretValue(redacted)");
    }

    #[test]
    fn a_value_is_bounded() {
        assert!(SecretValue::new("x".repeat(MAX_VALUE_BYTES)).is_ok());
        assert_eq!(SecretValue::new("x".repeat(MAX_VALUE_BYTES + 1)), Err(SetError::Value));
    }
}
