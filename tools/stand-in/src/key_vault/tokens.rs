//! The tokens that the identity endpoint gives out and the vault demands.

use crate::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use std::collections::VecDeque;

/// How long a token is valid.
const VALIDITY: SignedDuration = SignedDuration::from_hours(24);

/// Tokens kept; one more replaces the oldest.
pub const MAX_TOKENS: usize = 1000;

/// The tokens that were given out, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Tokens(VecDeque<Token>);

/// Lets its bearer in until it expires.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    pub(crate) expires: Timestamp,
}

impl Tokens {
    pub(crate) fn issue(&mut self, now: Timestamp) -> Token {
        self.0.retain(|token| token.expires > now);
        if self.0.len() >= MAX_TOKENS {
            self.0.pop_front();
        }
        let expires = now.saturating_add(VALIDITY).unwrap_or(now);
        let token = Token { secret: Secret::random(""), expires };
        self.0.push_back(token.clone());
        token
    }

    /// Whether `given` was given out and is still valid.
    pub(crate) fn knows(&self, given: &str, now: Timestamp) -> bool {
        let is_it = |token: &&Token| token.secret.matches(given.as_bytes());
        self.0.iter().rfind(is_it).is_some_and(|token| token.expires > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_for_a_day() {
        let mut tokens = Tokens::default();
        let start = Timestamp::from_second(1_000_000).unwrap();
        let token = tokens.issue(start);
        assert!(tokens.knows(token.secret.expose(), start + SignedDuration::from_secs(86_399)));
        assert!(!tokens.knows(token.secret.expose(), start + SignedDuration::from_secs(86_400)));
        assert!(!tokens.knows("other", start));
        assert!(!format!("{tokens:?}").contains(token.secret.expose()));
    }

    #[test]
    fn the_oldest_token_gives_way_to_one_too_many() {
        let mut tokens = Tokens::default();
        let start = Timestamp::from_second(1_000_000).unwrap();
        let first = tokens.issue(start);
        for _ in 1..MAX_TOKENS {
            tokens.issue(start);
        }
        assert!(tokens.knows(first.secret.expose(), start));
        let last = tokens.issue(start);
        assert!(
            !tokens.knows(first.secret.expose(), start)
                && tokens.knows(last.secret.expose(), start)
        );
    }
}
