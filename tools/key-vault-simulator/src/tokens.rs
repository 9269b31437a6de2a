//! The tokens that the identity endpoint gives out and the vault asks for.

use std::collections::VecDeque;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// How long a token is valid.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Tokens kept; one more replaces the oldest.
pub const MAX_TOKENS: usize = 1000;

/// The tokens that were given out, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Tokens(VecDeque<Token>);

/// Lets its bearer in until it expires.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires: Timestamp,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires", &self.expires).finish_non_exhaustive()
    }
}

impl Tokens {
    pub(crate) fn issue(&mut self, now: Timestamp) -> Token {
        self.0.retain(|token| token.expires > now);
        if self.0.len() >= MAX_TOKENS {
            self.0.pop_front();
        }
        let token = Token { text: random(), expires: now.saturating_add(VALIDITY).unwrap_or(now) };
        self.0.push_back(token.clone());
        token
    }

    /// Whether `given` was given out and is valid still.
    pub(crate) fn knows(&self, given: &str, now: Timestamp) -> bool {
        let is_it = |token: &&Token| bool::from(token.text.as_bytes().ct_eq(given.as_bytes()));
        self.0.iter().rfind(is_it).is_some_and(|token| token.expires > now)
    }
}

/// 244 random bits, in hexadecimal digits.
#[expect(clippy::disallowed_methods, reason = "a token must be random from its first digit on")]
fn random() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_for_a_day() {
        let mut tokens = Tokens::default();
        let start = Timestamp::from_second(1_000_000).unwrap();
        let token = tokens.issue(start);
        assert!(tokens.knows(&token.text, start + SignedDuration::from_secs(86_399)));
        assert!(!tokens.knows(&token.text, start + SignedDuration::from_secs(86_400)));
        assert!(!tokens.knows("other", start));
        assert!(!format!("{tokens:?}").contains(&token.text));
    }

    #[test]
    fn the_oldest_token_gives_way_to_one_too_many() {
        let mut tokens = Tokens::default();
        let start = Timestamp::from_second(1_000_000).unwrap();
        let first = tokens.issue(start);
        for _ in 1..MAX_TOKENS {
            tokens.issue(start);
        }
        assert!(tokens.knows(&first.text, start));
        let last = tokens.issue(start);
        assert!(!tokens.knows(&first.text, start) && tokens.knows(&last.text, start));
    }
}
