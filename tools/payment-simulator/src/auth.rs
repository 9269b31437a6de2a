//! The API keys: compared in constant time, shown to nobody but who asked for one.

use std::fmt;
use std::str::FromStr;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::Response;
use subtle::ConstantTimeEq;
use thiserror::Error;
use uuid::Uuid;

use crate::error::ApiError;
use crate::keyring::Refusal;
use crate::simulator::Simulator;

/// The longest key accepted, in bytes.
const MAX_KEY_BYTES: usize = 255;
/// Characters of a wrong key that its error message may show at the end.
const SHOWN: usize = 4;
/// The longest prefix (`sk_test_`) that an error message may show.
const MAX_PREFIX: usize = 8;
/// Below this length the shown part would give too much of the key away.
const MIN_MASKABLE: usize = 20;

/// The secret that callers show as `Authorization: Bearer <key>`.
#[derive(Clone)]
pub struct ApiKey(String);

/// Why a text cannot be an API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an API key is 1 to {MAX_KEY_BYTES} printable ASCII characters without spaces")]
pub struct InvalidApiKey;

impl FromStr for ApiKey {
    type Err = InvalidApiKey;

    fn from_str(text: &str) -> Result<Self, InvalidApiKey> {
        let fits = (1..=MAX_KEY_BYTES).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidApiKey)
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

impl ApiKey {
    /// 244 random bits, in hexadecimal digits.
    #[expect(clippy::disallowed_methods, reason = "a key must be random from its first digit on")]
    pub(crate) fn random() -> Self {
        Self(format!("sk_test_{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// Whether `given` is this key. The time taken tells at most the key's length.
    pub(crate) fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// The key itself, for whoever has it made.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What of the key may be shown.
    pub(crate) fn masked(&self) -> String {
        mask(&self.0)
    }
}

/// Lets a request pass only with an active key.
///
/// # Errors
///
/// 401 when the key is missing, is unknown, or has ended.
pub(crate) async fn require_key(
    State(simulator): State<Simulator>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if let Err(refusal) = authorize(&simulator, bearer(&request)) {
        simulator.state().calls.unauthorized += 1;
        return Err(refusal);
    }
    Ok(next.run(request).await)
}

fn authorize(simulator: &Simulator, given: Option<&str>) -> Result<(), ApiError> {
    let given = given.ok_or_else(ApiError::no_key)?;
    simulator.state().keyring.authorize(given).map_err(|refusal| match refusal {
        Refusal::Unknown => ApiError::invalid_key(&mask(given)),
        Refusal::Expired => ApiError::expired_key(&mask(given)),
    })
}

fn bearer(request: &Request) -> Option<&str> {
    let (scheme, key) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// What of a key may be shown: its prefix and end, when enough stays hidden.
fn mask(key: &str) -> String {
    let Some(end) = key.len().checked_sub(SHOWN).filter(|_| key.len() >= MIN_MASKABLE) else {
        return "****".to_owned();
    };
    let prefix = match key.match_indices('_').nth(1) {
        Some((at, _)) if at < MAX_PREFIX => &key[..=at],
        Some(_) | None => "",
    };
    format!("{prefix}****{}", &key[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_key_shows_only_its_prefix_and_its_end() {
        assert_eq!(mask("sk_test_0123456789abcd"), "sk_test_****abcd");
        assert_eq!(mask("0123456789012345678abcd"), "****abcd");
        assert_eq!(mask("a_long_prefix_0123456789"), "a_long_****6789");
    }

    #[test]
    fn a_short_wrong_key_shows_nothing() {
        assert_eq!(mask("sk_test_abcd"), "****");
        assert_eq!(mask(""), "****");
    }

    #[test]
    fn an_api_key_is_printable_and_bounded() {
        assert!("sk_test_1".parse::<ApiKey>().is_ok());
        for bad in ["", "with space", "line\n", "ключ", &"k".repeat(256)] {
            assert_eq!(bad.parse::<ApiKey>().map(|_| ()), Err(InvalidApiKey), "{bad:?}");
        }
    }

    #[test]
    fn debug_hides_the_key() {
        let key: ApiKey = "sk_test_secret".parse().unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(redacted)");
    }
}
