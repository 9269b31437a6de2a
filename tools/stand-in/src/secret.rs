//! Secrets that callers present: compared in constant time, and redacted in `Debug`.

use std::fmt;
use std::str::FromStr;
use subtle::ConstantTimeEq;
use thiserror::Error;
use uuid::Uuid;

/// The longest secret, in bytes.
const MAX_BYTES: usize = 255;

/// 1 to 255 printable ASCII characters without spaces.
#[derive(Clone)]
pub struct Secret(String);

/// Why a text cannot be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a secret is 1 to {MAX_BYTES} printable ASCII characters without spaces")]
pub struct InvalidSecret;

impl FromStr for Secret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let fits = (1..=MAX_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSecret)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

impl Secret {
    /// `prefix`, then 64 random hexadecimal digits.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "a secret must be random from its first digit on"
    )]
    pub fn random(prefix: &str) -> Self {
        Self(format!("{prefix}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// Whether `given` is this secret. The time taken reveals at most its length.
    #[must_use]
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(given).into()
    }

    /// The secret in plain text.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_printable_bounded_and_hidden() {
        for bad in ["", "with space", "line\n", "ключ", &"h".repeat(MAX_BYTES + 1)] {
            assert_eq!(bad.parse::<Secret>().map(|_| ()), Err(InvalidSecret), "{bad}");
        }
        assert!("h".repeat(MAX_BYTES).parse::<Secret>().is_ok());
        let secret: Secret = "hush".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    }

    #[test]
    fn a_secret_matches_itself_alone() {
        let secret: Secret = "hush".parse().unwrap();
        assert!(secret.matches(b"hush"));
        for other in ["", "hus", "hush!", "Hush"] {
            assert!(!secret.matches(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn random_secrets_have_64_digits_and_differ() {
        let [one, other] = [Secret::random("sk_"), Secret::random("sk_")];
        assert_ne!(one.expose(), other.expose());
        let digits = one.expose().strip_prefix("sk_").unwrap();
        assert!(digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
