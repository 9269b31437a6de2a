//! Idempotency keys: the same key with the same parameters is answered the same way.

use crate::payment::error::StripeError;
use crate::payment::faults::Resource;
use crate::payment::form::Form;
use crate::payment::objects::{ErrorObject, Reply};
use axum::http::{HeaderMap, StatusCode};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use thiserror::Error;

/// Keys kept until the process ends; a new one beyond them is rejected with 429.
pub const MAX_KEYS: usize = 2_000_000;

/// The longest key, as with Stripe.
pub(crate) const MAX_KEY_CHARS: usize = 255;

/// What a key was first used for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    pub(crate) resource: Resource,
    pub(crate) form: Form,
}

/// Every key seen; the reply is missing while the first call with it runs.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<String, (Fingerprint, Option<Reply>)>);

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
            ClaimError::InUse(key) => Self::invalid(
                StatusCode::CONFLICT,
                format!(
                    "There is currently another in-progress request using this Idempotent Key \
                     (that probably means you submitted twice, and the other request is still \
                     going through): {key}. Please try again later."
                ),
            )
            .coded("idempotency_key_in_use"),
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

impl Keys {
    /// # Errors
    ///
    /// The key is in use, was used for something else, or is one too many.
    pub(crate) fn claim(
        &mut self,
        key: &str,
        fingerprint: Fingerprint,
    ) -> Result<Claim, ClaimError> {
        let full = self.0.len() >= MAX_KEYS;
        match self.0.entry(key.to_owned()) {
            Entry::Occupied(entry) => match entry.get() {
                (first, _) if *first != fingerprint => {
                    Err(ClaimError::OtherParameters(key.to_owned()))
                }
                (_, Some(reply)) => Ok(Claim::Replay(reply.clone())),
                (_, None) => Err(ClaimError::InUse(key.to_owned())),
            },
            Entry::Vacant(_) if full => Err(ClaimError::Full),
            Entry::Vacant(entry) => {
                entry.insert((fingerprint, None));
                Ok(Claim::Fresh)
            }
        }
    }

    /// Answers `reply` to every later call with `key`.
    pub(crate) fn keep(&mut self, key: &str, reply: &Reply) {
        if let Some((_, kept)) = self.0.get_mut(key) {
            *kept = Some(reply.clone());
        }
    }

    /// Forgets a claimed key, so that the next call with it runs.
    pub(crate) fn release(&mut self, key: &str) {
        self.0.remove(key);
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

    fn charge_of(amount: u32) -> Fingerprint {
        let form = Form::read(format!("amount={amount}").as_bytes()).unwrap();
        Fingerprint { resource: Resource::PaymentIntents, form }
    }

    #[test]
    fn a_key_runs_once_and_then_replays() {
        let mut keys = Keys::default();
        let reply = Reply::new(StatusCode::OK, &"done");
        assert_eq!(keys.claim("k", charge_of(1)), Ok(Claim::Fresh));
        assert_eq!(keys.claim("k", charge_of(1)), Err(ClaimError::InUse("k".to_owned())));
        keys.keep("k", &reply);
        assert_eq!(keys.claim("k", charge_of(1)), Ok(Claim::Replay(reply)));
    }

    #[test]
    fn a_released_key_runs_again() {
        let mut keys = Keys::default();
        assert_eq!(keys.claim("k", charge_of(1)), Ok(Claim::Fresh));
        keys.release("k");
        assert_eq!(keys.claim("k", charge_of(2)), Ok(Claim::Fresh));
    }

    #[test]
    fn a_key_belongs_to_its_first_parameters_even_while_they_run() {
        let mut keys = Keys::default();
        assert_eq!(keys.claim("k", charge_of(1)), Ok(Claim::Fresh));
        let other = Err(ClaimError::OtherParameters("k".to_owned()));
        assert_eq!(keys.claim("k", charge_of(2)), other);
        let refund = Fingerprint { resource: Resource::Refunds, ..charge_of(1) };
        assert_eq!(keys.claim("k", refund), other);
    }
}
