//! The API keys of the payment provider.

use super::{PortFuture, Secret};
use jiff::{SignedDuration, Timestamp};

/// The name of the secret with the payment provider's key.
pub const API_KEY: &str = "payment-api-key";

/// The name of the secret with the previous key.
pub const PREVIOUS_API_KEY: &str = "payment-api-key-previous";

/// A key of the payment provider.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// The provider's id of it, such as `mk_1`, which is not secret.
    pub id: String,
    /// The secret key.
    pub secret: Secret,
}

impl ApiKey {
    /// Whether it is a live key, which moves real money: `sk_live_…` or `rk_live_…`
    /// ([API keys](https://docs.stripe.com/keys)).
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.secret.expose().split('_').nth(1) == Some("live")
    }
}

/// A key in a vault.
#[derive(Debug, Clone)]
pub struct KeptKey {
    /// The key.
    pub key: ApiKey,
    /// The version in the vault, which changes with each write.
    pub version: String,
}

/// A vault of keys.
pub trait Vault: Clone + Send + Sync + 'static {
    /// The key stored as `name`.
    fn kept(&self, name: &str) -> impl PortFuture<KeptKey>;
    /// Checks whether `kept`, stored as `name`, can be replaced, without a change.
    fn may_replace(&self, name: &str, kept: &KeptKey) -> impl PortFuture<()>;
    /// Stores `key` as `name`, which replaces the previous one. It must be rotated by `expires_at`.
    fn keep(&self, name: &str, key: &ApiKey, expires_at: Timestamp) -> impl PortFuture<()>;
}

/// The issuer of keys.
pub trait KeyIssuer: Clone + Send + Sync + 'static {
    /// Issues a new key in place of `key`, which expires `overlap` from now. Idempotent: repeated for
    /// the same key, it returns the same new one.
    fn replace(&self, key: &ApiKey, overlap: SignedDuration) -> impl PortFuture<ApiKey>;
}
