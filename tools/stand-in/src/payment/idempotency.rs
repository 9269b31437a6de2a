//! Idempotency keys: <https://docs.stripe.com/api/idempotent_requests>. The same key with the same
//! parameters is answered the same way, an error too, until the key is pruned.

use crate::payment::error::StripeError;
use crate::payment::faults::Operation;
use crate::payment::form::Form;
use crate::payment::objects::{ErrorObject, Reply};
use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use thiserror::Error;

/// Keys kept at once; a new one beyond them is rejected with 429.
pub const MAX_KEYS: usize = 2_000_000;

/// How long a key is kept: Stripe prunes keys once they are at least this old.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The longest key, as with Stripe.
pub(crate) const MAX_KEY_CHARS: usize = 255;

/// The object and the parameters of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// The id in the path; empty without one.
    id: String,
    form: Form,
}

/// Every key seen that was not pruned.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<String, Kept>);

#[derive(Debug)]
struct Kept {
    operation: Operation,
    fingerprint: Fingerprint,
    first_used: Timestamp,
    /// Missing while the first call runs.
    reply: Option<Reply>,
}

/// What a call may do with its key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Run, then [`Keys::keep`] or [`Keys::release`].
    Fresh,
    /// Give this answer again.
    Replay(Reply),
}

/// Why a key may not be used.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ClaimError {
    #[error("a call with key {0} is still running")]
    InUse(String),
    #[error("key {0} was first used with other parameters")]
    OtherParameters(String),
    #[error("the simulator keeps at most {MAX_KEYS} idempotency keys; restart it")]
    Full,
}

impl From<ClaimError> for StripeError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::InUse(key) => Self::key_in_use(&key),
            ClaimError::OtherParameters(key) => {
                let message = format!(
                    "Keys for idempotent requests can only be used with the same parameters they \
                     were first used with. Try using a key other than '{key}' if you meant to \
                     execute a different request."
                );
                let error = ErrorObject::new("idempotency_error", message);
                Self::new(StatusCode::BAD_REQUEST, error)
            }
            ClaimError::Full => Self::full(error.to_string()),
        }
    }
}

impl Fingerprint {
    pub(crate) fn new(id: String, form: Form) -> Self {
        Self { id, form }
    }
}

impl Keys {
    /// # Errors
    ///
    /// The key is in use, was used for something else, or is one too many.
    pub(crate) fn claim(
        &mut self,
        key: &str,
        operation: Operation,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<Claim, ClaimError> {
        if self.0.len() >= MAX_KEYS {
            self.0.retain(|_, kept| !kept.is_pruned(now));
        }
        if self.0.get(key).is_some_and(|kept| kept.is_pruned(now)) {
            self.0.remove(key);
        }
        let full = self.0.len() >= MAX_KEYS;
        match self.0.entry(key.to_owned()) {
            Entry::Occupied(entry) => entry.get().claim(key, operation, &fingerprint),
            Entry::Vacant(_) if full => Err(ClaimError::Full),
            Entry::Vacant(entry) => {
                entry.insert(Kept { operation, fingerprint, first_used: now, reply: None });
                Ok(Claim::Fresh)
            }
        }
    }

    /// Answers `reply` to every later call with `key`.
    pub(crate) fn keep(&mut self, key: &str, reply: &Reply) {
        if let Some(kept) = self.0.get_mut(key) {
            kept.reply = Some(reply.clone());
        }
    }

    /// Forgets a claimed key, so that the next call with it runs.
    pub(crate) fn release(&mut self, key: &str) {
        self.0.remove(key);
    }
}

impl Kept {
    fn claim(
        &self,
        key: &str,
        operation: Operation,
        fingerprint: &Fingerprint,
    ) -> Result<Claim, ClaimError> {
        if self.operation != operation || self.fingerprint != *fingerprint {
            return Err(ClaimError::OtherParameters(key.to_owned()));
        }
        self.reply.clone().map(Claim::Replay).ok_or_else(|| ClaimError::InUse(key.to_owned()))
    }

    /// Whether the key is old enough to be forgotten, which it is not while its first call runs.
    fn is_pruned(&self, now: Timestamp) -> bool {
        self.reply.is_some() && now.duration_since(self.first_used) >= KEPT
    }
}

/// The request's `Idempotency-Key`, if it has one.
///
/// # Errors
///
/// The key is empty, too long, or not printable ASCII.
pub(crate) fn key_of(headers: &HeaderMap) -> Result<Option<String>, StripeError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_KEY_CHARS).contains(&key.len()) => Ok(Some(key.to_owned())),
        Ok(_) | Err(_) => Err(bad_key()),
    }
}

fn bad_key() -> StripeError {
    let message =
        format!("Idempotency keys are 1 to {MAX_KEY_CHARS} printable ASCII characters long.");
    StripeError::rejected(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(
        keys: &mut Keys,
        operation: Operation,
        id: &str,
        amount: u32,
        hour: i64,
    ) -> Result<Claim, ClaimError> {
        let form = Form::read(format!("amount={amount}").as_bytes()).unwrap();
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        keys.claim("k", operation, Fingerprint::new(id.to_owned(), form), now)
    }

    #[test]
    fn a_key_runs_once_and_then_replays() {
        let mut keys = Keys::default();
        let reply = Reply::new(StatusCode::OK, &"done");
        let in_use = Err(ClaimError::InUse("k".to_owned()));
        assert_eq!(claim(&mut keys, Operation::Create, "", 1, 0), Ok(Claim::Fresh));
        assert_eq!(claim(&mut keys, Operation::Create, "", 1, 100), in_use);
        keys.keep("k", &reply);
        assert_eq!(claim(&mut keys, Operation::Create, "", 1, 23), Ok(Claim::Replay(reply)));
    }

    #[test]
    fn a_key_is_pruned_after_a_day_and_may_then_be_another() {
        let mut keys = Keys::default();
        assert_eq!(claim(&mut keys, Operation::Create, "", 1, 0), Ok(Claim::Fresh));
        keys.keep("k", &Reply::new(StatusCode::OK, &"done"));
        let other = Err(ClaimError::OtherParameters("k".to_owned()));
        assert_eq!(claim(&mut keys, Operation::Create, "", 2, 23), other);
        assert_eq!(claim(&mut keys, Operation::Create, "", 2, 24), Ok(Claim::Fresh));
    }

    #[test]
    fn a_released_key_runs_again() {
        let mut keys = Keys::default();
        assert_eq!(claim(&mut keys, Operation::Create, "", 1, 0), Ok(Claim::Fresh));
        keys.release("k");
        assert_eq!(claim(&mut keys, Operation::Create, "", 2, 0), Ok(Claim::Fresh));
    }

    #[test]
    fn a_key_belongs_to_its_first_parameters_even_while_they_run() {
        let mut keys = Keys::default();
        assert_eq!(claim(&mut keys, Operation::Confirm, "pi_1", 1, 0), Ok(Claim::Fresh));
        let other = Err(ClaimError::OtherParameters("k".to_owned()));
        assert_eq!(claim(&mut keys, Operation::Confirm, "pi_1", 2, 0), other);
        assert_eq!(claim(&mut keys, Operation::Confirm, "pi_2", 1, 0), other);
        assert_eq!(claim(&mut keys, Operation::Cancel, "pi_1", 1, 0), other);
    }
}
