//! Fakes of a vault and of an issuer of keys.

use super::{Shared, lock};
use crate::ports::{API_KEY, ApiKey, Failure, KeptKey, KeyIssuer, Result, Secret, Vault};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

/// A vault in memory.
#[derive(Debug, Clone, Default)]
pub struct FakeVault {
    kept: Shared<HashMap<String, KeptKey>>,
    writes: Shared<Vec<(String, String, Timestamp)>>,
    fails_after: Shared<Option<usize>>,
    closed: Shared<Vec<String>>,
}

impl FakeVault {
    /// A vault with the key `id` as version 1.
    #[must_use]
    pub fn with(id: &str) -> Self {
        Self::with_secret(id, &format!("sk_test_{id}"))
    }

    /// The same, with another secret.
    #[must_use]
    pub fn with_secret(id: &str, secret: &str) -> Self {
        let vault = Self::default();
        vault.hold(API_KEY, &ApiKey { id: id.to_owned(), secret: Secret::new(secret.to_owned()) });
        vault
    }

    /// Makes all writes of `name` fail.
    pub fn close(&self, name: &str) {
        lock(&self.closed).push(name.to_owned());
    }

    /// What was written, in order: the name, the key's id, and when it expires.
    #[must_use]
    pub fn writes(&self) -> Vec<(String, String, Timestamp)> {
        lock(&self.writes).clone()
    }

    /// Makes one write fail, after `writes` others.
    pub fn fail_after(&self, writes: usize) {
        *lock(&self.fails_after) = Some(writes);
    }

    fn check(&self, name: &str) -> Result<()> {
        if lock(&self.closed).iter().any(|closed| closed == name) {
            return Err(Failure::new("fake vault", "write", format!("{name} is closed")).into());
        }
        Ok(())
    }

    fn hold(&self, name: &str, key: &ApiKey) {
        let mut kept = lock(&self.kept);
        let version = (kept.len() + 1).to_string();
        kept.insert(name.to_owned(), KeptKey { key: key.clone(), version });
    }
}

impl Vault for FakeVault {
    async fn kept(&self, name: &str) -> Result<KeptKey> {
        // Yields to other tasks, as a remote vault does.
        tokio::task::yield_now().await;
        let kept = lock(&self.kept).get(name).cloned();
        kept.ok_or_else(|| Failure::new("fake vault", "read", format!("no {name}")).into())
    }

    async fn may_replace(&self, name: &str, _: &KeptKey) -> Result<()> {
        self.check(name)
    }

    async fn keep(&self, name: &str, key: &ApiKey, expires_at: Timestamp) -> Result<()> {
        tokio::task::yield_now().await;
        self.check(name)?;
        let left = lock(&self.fails_after).take();
        if left == Some(0) {
            return Err(Failure::new("fake vault", "write", "set to fail").into());
        }
        *lock(&self.fails_after) = left.map(|left| left - 1);
        self.hold(name, key);
        lock(&self.writes).push((name.to_owned(), key.id.clone(), expires_at));
        Ok(())
    }
}

/// Issues `mk_1`, `mk_2` and so on, one for each replaced key.
#[derive(Debug, Clone, Default)]
pub struct FakeIssuer(Shared<Vec<String>>);

impl FakeIssuer {
    /// The number of issued keys.
    #[must_use]
    pub fn given(&self) -> usize {
        lock(&self.0).len()
    }
}

impl KeyIssuer for FakeIssuer {
    async fn replace(&self, old: &ApiKey, _: SignedDuration) -> Result<ApiKey> {
        let mut replaced = lock(&self.0);
        if !replaced.contains(&old.id) {
            replaced.push(old.id.clone());
        }
        let number = replaced.iter().position(|id| *id == old.id).unwrap_or_default() + 1;
        Ok(key(&format!("mk_{number}")))
    }
}

fn key(id: &str) -> ApiKey {
    ApiKey { id: id.to_owned(), secret: Secret::new(format!("sk_test_{id}")) }
}
