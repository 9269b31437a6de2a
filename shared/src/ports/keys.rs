//! The keys by which the payment provider knows the shop.

use super::{PortFuture, Secret};
use jiff::{SignedDuration, Timestamp};

/// The name under which the payment provider's key is kept.
pub const API_KEY: &str = "payment-api-key";

/// The name under which the one before it is kept.
pub const PREVIOUS_API_KEY: &str = "payment-api-key-previous";

/// A key of the payment provider.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// What the provider calls it, such as `mk_1`: no secret.
    pub id: String,
    /// The key itself.
    pub secret: Secret,
}

impl ApiKey {
    /// Whether it moves real money: `sk_live_…` or `rk_live_…`
    /// ([API keys](https://docs.stripe.com/keys)).
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.secret.expose().split('_').nth(1) == Some("live")
    }
}

/// A key as a vault keeps it.
#[derive(Debug, Clone)]
pub struct KeptKey {
    /// The key.
    pub key: ApiKey,
    /// Names what the vault holds; another one once something else is kept there.
    pub version: String,
}

/// Where keys are kept for those who pay with them.
pub trait Vault: Clone + Send + Sync + 'static {
    /// The key that is kept as `name`.
    fn kept(&self, name: &str) -> impl PortFuture<KeptKey>;
    /// Finds out whether another key can take the place of `kept`, which is kept as `name`, and
    /// changes nothing.
    fn may_replace(&self, name: &str, kept: &KeptKey) -> impl PortFuture<()>;
    /// Keeps `key` as `name`, in place of the one before. At `expires_at` it is due to be replaced.
    fn keep(&self, name: &str, key: &ApiKey, expires_at: Timestamp) -> impl PortFuture<()>;
}

/// Who gives out keys.
pub trait KeyIssuer: Clone + Send + Sync + 'static {
    /// A fresh key in place of `key`, which ends `overlap` from now. Asked again for the same key, it
    /// answers with the same fresh one.
    fn replace(&self, key: &ApiKey, overlap: SignedDuration) -> impl PortFuture<ApiKey>;
}
