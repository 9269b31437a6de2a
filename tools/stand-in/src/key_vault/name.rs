//! The name of a secret.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The longest name, as in Key Vault.
const MAX_CHARS: usize = 127;

/// Names a secret: 1 to 127 letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// Why a text cannot name a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the name of a secret is 1 to {MAX_CHARS} ASCII letters, digits and dashes")]
pub struct InvalidName;

impl FromStr for SecretName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for SecretName {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let fits = (1..=MAX_CHARS).contains(&text.len()) && text.bytes().all(known);
        if fits { Ok(Self(text)) } else { Err(InvalidName) }
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_digits_and_dashes() {
        for good in ["a", "payment-api-key", "A-1", &"n".repeat(127)] {
            assert_eq!(good.parse::<SecretName>().unwrap().to_string(), good);
        }
        for bad in ["", "a_b", "a b", "a/b", "ä", &"n".repeat(128)] {
            assert_eq!(bad.parse::<SecretName>(), Err(InvalidName), "{bad}");
        }
    }
}
