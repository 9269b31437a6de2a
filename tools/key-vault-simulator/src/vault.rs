//! The vault: all state behind one lock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock::now;
use crate::identity::IdentityHeader;
use crate::name::SecretName;
use crate::secrets::{Secrets, SetError};
use crate::tokens::Tokens;
use crate::version::{NewSecret, Version};

/// A handle on the one state; clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Shared>);

struct Shared {
    identity_header: IdentityHeader,
    state: Mutex<State>,
}

/// Everything that calls change.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) secrets: Secrets,
    pub(crate) tokens: Tokens,
    /// How many calls of the vault are still to fail.
    pub(crate) failing: u32,
}

impl Vault {
    /// An empty vault, which gives tokens to callers who show `identity_header`.
    #[must_use]
    pub fn new(identity_header: IdentityHeader) -> Self {
        Self(Arc::new(Shared { identity_header, state: Mutex::default() }))
    }

    /// Sets a secret, without counting a write.
    ///
    /// # Errors
    ///
    /// The value or the tags are out of bounds, or there are too many secrets.
    pub fn seed(
        &self,
        name: &SecretName,
        value: String,
        tags: BTreeMap<String, String>,
    ) -> Result<(), SetError> {
        let new = NewSecret { value, content_type: None, tags: Some(tags), attributes: None };
        let version = Version::new(new, now())?;
        self.state().secrets.set(name, version)
    }

    pub(crate) fn identity_header(&self) -> &IdentityHeader {
        &self.0.identity_header
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no code panics while it holds the state")
    }
}
