//! Idempotency keys: <https://docs.stripe.com/api/idempotent_requests>. The same key with the same
//! parameters gets the same response, even an error, until the key is pruned.

use crate::payment::error::StripeError;
use crate::payment::faults::Operation;
use crate::payment::form::Form;
use crate::payment::objects::{ErrorObject, Reply};
use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use thiserror::Error;

/// The most keys at once; one more is rejected with 429.
pub const MAX_KEYS: usize = 2_000_000;

/// Keys are pruned at this age; Stripe prunes them once they are at least this old.
const RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// The longest key, as with Stripe.
pub(crate) const MAX_KEY_CHARS: usize = 255;

/// The object and the parameters of a call.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    /// The id in the path; empty without one.
    id: String,
    form: Form,
}

/// The keys that were not pruned.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<String, Record>);

#[derive(Debug)]
struct Record {
    operation: Operation,
    fingerprint: Fingerprint,
    first_used: Timestamp,
    /// None while the first call runs.
    reply: Option<Reply>,
}

/// What a call may do with its key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// Run, then [`Keys::save`] or [`Keys::release`].
    Fresh,
    /// Return this reply.
    Replay(Reply),
}

/// Why a key may not be used.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum ClaimError {
    #[error("a call with key {0} is still running")]
    InUse(String),
    #[error("key {0} was first used with other parameters")]
    OtherParameters(String),
    #[error("the simulator stores at most {MAX_KEYS} idempotency keys; restart it")]
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
    /// The key is in use, was used with other parameters, or there are too many keys.
    pub(crate) fn claim(
        &mut self,
        key: &str,
        operation: Operation,
        fingerprint: Fingerprint,
        now: Timestamp,
    ) -> Result<Claim, ClaimError> {
        if self.0.len() >= MAX_KEYS {
            self.0.retain(|_, record| !record.is_pruned(now));
        }
        if self.0.get(key).is_some_and(|record| record.is_pruned(now)) {
            self.0.remove(key);
        }
        let full = self.0.len() >= MAX_KEYS;
        match self.0.entry(key.to_owned()) {
            Entry::Occupied(entry) => entry.get().claim(key, operation, &fingerprint),
            Entry::Vacant(_) if full => Err(ClaimError::Full),
            Entry::Vacant(entry) => {
                entry.insert(Record { operation, fingerprint, first_used: now, reply: None });
                Ok(Claim::Fresh)
            }
        }
    }

    /// Saves `reply` for every later call with `key`.
    pub(crate) fn save(&mut self, key: &str, reply: &Reply) {
        if let Some(record) = self.0.get_mut(key) {
            record.reply = Some(reply.clone());
        }
    }

    /// Removes a claimed key, so that the next call with it runs.
    pub(crate) fn release(&mut self, key: &str) {
        self.0.remove(key);
    }
}

impl Record {
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

    /// Whether the key has reached its age, and its first call has ended.
    fn is_pruned(&self, now: Timestamp) -> bool {
        self.reply.is_some() && now.duration_since(self.first_used) >= RETENTION
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
