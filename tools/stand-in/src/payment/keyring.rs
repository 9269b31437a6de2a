//! The API keys, and their rotation as in Stripe's preview API,
//! <https://docs.stripe.com/api/v2/iam/api-keys>.

use crate::payment::clock::later;
use crate::payment::error::StripeError;
use crate::payment::mask::mask;
use crate::payment::objects::{IssuedKey, IssuedSecret};
use crate::payment::requests::Rotation;
use crate::secret::Secret;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// The id of the key in the secrets file.
pub const FIRST_KEY_ID: &str = "mk_first";

/// The most API keys; one more is rejected with 429.
pub const MAX_API_KEYS: usize = 1000;

/// The `name` of every key.
const NAME: &str = "payment-api-key";

/// Every API key, oldest first.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: Vec<ApiKey>,
    hold_new: bool,
}

#[derive(Debug)]
struct ApiKey {
    id: String,
    secret: Secret,
    /// When it expires, if ever.
    end: Option<Timestamp>,
    /// Whether it is rejected as if unknown, until it is released.
    held: bool,
    rotated: bool,
    authorized: u64,
}

/// An API key without its token: an element of the response to `GET /control/keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySummary {
    /// `mk_…`
    pub id: String,
    /// Whether it authorises calls.
    pub status: KeyStatus,
    /// When it expires or expired, if it was rotated or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// How many calls it authorised.
    pub authorized: u64,
}

/// Whether an API key authorises calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStatus {
    /// It authorises calls.
    Active,
    /// It will authorise calls once `PUT /control/keys` releases it.
    Held,
    /// It no longer authorises calls.
    Expired,
}

/// The body of `PUT /control/keys`: a provider may take a while to distribute a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPlan {
    /// Whether keys that are made from now on are rejected as if unknown; `false` releases them.
    pub hold_new: bool,
}

/// Why a key does not authorise a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejection {
    Unknown,
    Expired,
}

/// There is no key with this id.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("No such API key: '{0}'")]
pub(crate) struct NoSuchKey(pub(crate) String);

/// Why a key is not rotated.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum RotateError {
    #[error(transparent)]
    NoSuchKey(#[from] NoSuchKey),
    #[error("The API key {0} has expired and cannot be rotated.")]
    Expired(String),
    #[error("The API key {0} has already been rotated.")]
    Rotated(String),
    #[error("the simulator stores at most {MAX_API_KEYS} API keys; restart it")]
    Full,
}

impl From<NoSuchKey> for StripeError {
    fn from(error: NoSuchKey) -> Self {
        Self::missing_resource("id", error.to_string())
    }
}

impl From<RotateError> for StripeError {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::NoSuchKey(error) => error.into(),
            RotateError::Full => Self::full(error.to_string()),
            RotateError::Expired(_) | RotateError::Rotated(_) => {
                Self::parameter("id", error.to_string())
            }
        }
    }
}

impl Keyring {
    pub(crate) fn new(first: Secret) -> Self {
        Self { keys: vec![ApiKey::new(FIRST_KEY_ID.to_owned(), first, false)], hold_new: false }
    }

    /// Authorises and counts a call with an active key.
    ///
    /// # Errors
    ///
    /// The key is unknown, held or expired.
    pub(crate) fn authorize(&mut self, given: &str, now: Timestamp) -> Result<(), Rejection> {
        let found = self.keys.iter_mut().find(|it| it.secret.matches(given.as_bytes()));
        let key = found.ok_or(Rejection::Unknown)?;
        match key.status(now) {
            KeyStatus::Active => key.authorized += 1,
            KeyStatus::Held => return Err(Rejection::Unknown),
            KeyStatus::Expired => return Err(Rejection::Expired),
        }
        Ok(())
    }

    /// Makes a key that replaces another, which then expires.
    ///
    /// # Errors
    ///
    /// There is no such key, it is expired or was rotated, or there are too many keys.
    pub(crate) fn rotate(
        &mut self,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<IssuedKey, RotateError> {
        let full = self.keys.len() >= MAX_API_KEYS;
        let current = self.find(&rotation.id)?;
        if current.status(now) == KeyStatus::Expired {
            return Err(RotateError::Expired(rotation.id));
        }
        if current.rotated {
            return Err(RotateError::Rotated(rotation.id));
        }
        if full {
            return Err(RotateError::Full);
        }
        current.rotated = true;
        current.end = Some(later(now, rotation.overlap));
        let next = ApiKey::new(new_id(), Secret::random("sk_test_"), self.hold_new);
        let issued = next.issued(now);
        self.keys.push(next);
        Ok(issued)
    }

    pub(crate) fn plan(&mut self, KeyPlan { hold_new }: KeyPlan) {
        self.hold_new = hold_new;
        if !hold_new {
            self.keys.iter_mut().for_each(|key| key.held = false);
        }
    }

    /// Expires a key now, unless it is expired.
    ///
    /// # Errors
    ///
    /// There is no such key.
    pub(crate) fn expire(&mut self, id: &str, now: Timestamp) -> Result<(), NoSuchKey> {
        let key = self.find(id)?;
        if key.status(now) != KeyStatus::Expired {
            key.end = Some(now);
        }
        Ok(())
    }

    pub(crate) fn summaries(&self, now: Timestamp) -> Vec<KeySummary> {
        self.keys.iter().map(|key| key.summary(now)).collect()
    }

    fn find(&mut self, id: &str) -> Result<&mut ApiKey, NoSuchKey> {
        let found = self.keys.iter_mut().find(|key| key.id == id);
        found.ok_or_else(|| NoSuchKey(id.to_owned()))
    }
}

impl ApiKey {
    fn new(id: String, secret: Secret, held: bool) -> Self {
        Self { id, secret, end: None, held, rotated: false, authorized: 0 }
    }

    fn status(&self, now: Timestamp) -> KeyStatus {
        match self.end {
            Some(end) if end <= now => KeyStatus::Expired,
            Some(_) | None if self.held => KeyStatus::Held,
            Some(_) | None => KeyStatus::Active,
        }
    }

    fn summary(&self, now: Timestamp) -> KeySummary {
        KeySummary {
            id: self.id.clone(),
            status: self.status(now),
            expires_at: self.end,
            authorized: self.authorized,
        }
    }

    fn issued(&self, now: Timestamp) -> IssuedKey {
        IssuedKey {
            id: self.id.clone(),
            object: "v2.iam.api_key",
            created: now,
            livemode: false,
            name: NAME,
            status: "active",
            kind: "secret_key",
            ip_allowlist: [],
            secret_key: IssuedSecret {
                token: self.secret.expose().to_owned(),
                secret_token_redacted: mask(self.secret.expose()),
            },
        }
    }
}

fn new_id() -> String {
    format!("mk_{}", Uuid::now_v7().simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    fn keyring() -> Keyring {
        Keyring::new("sk_test_first".parse().unwrap())
    }

    fn rotate(keyring: &mut Keyring, id: &str, minutes: u64) -> Result<IssuedKey, RotateError> {
        let rotation = Rotation { id: id.to_owned(), overlap: Duration::from_mins(minutes) };
        keyring.rotate(rotation, START)
    }

    #[test]
    fn keys_are_bounded() {
        let mut keyring = keyring();
        let mut id = FIRST_KEY_ID.to_owned();
        for _ in 1..MAX_API_KEYS {
            id = rotate(&mut keyring, &id, 1).unwrap().id;
        }
        assert_eq!(rotate(&mut keyring, &id, 1).map(|_| ()), Err(RotateError::Full));
        assert_eq!(keyring.summaries(START).len(), MAX_API_KEYS);
        let last = keyring.summaries(START).pop().unwrap();
        assert_eq!((last.status, last.expires_at), (KeyStatus::Active, None));
    }

    #[test]
    fn debug_hides_every_token() {
        let mut keyring = keyring();
        let token = rotate(&mut keyring, FIRST_KEY_ID, 1).unwrap().secret_key.token;
        let shown = format!("{keyring:?}");
        assert!(!shown.contains(&token) && !shown.contains("sk_test_first"), "{shown}");
    }
}
