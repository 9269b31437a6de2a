//! The vault: all state behind one lock, and the faults to come.

use crate::clock::now;
use crate::faults::{self, Fault, Faults};
use crate::key_vault::limits::SetError;
use crate::key_vault::name::SecretName;
use crate::key_vault::secrets::Secrets;
use crate::key_vault::tokens::Tokens;
use crate::key_vault::version::{NewSecret, Version};
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// What happens to the next calls of the vault. Only a call with a valid token counts.
pub type FaultPlan = faults::FaultPlan<FaultKind>;

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The call is answered 503.
    Fail,
}

impl Fault for FaultKind {
    fn stalls(self) -> bool {
        false
    }
}

/// A handle on the one state; clones share it.
#[derive(Clone)]
pub(crate) struct Vault(Arc<Shared>);

struct Shared {
    identity_header: Secret,
    faults: Faults<FaultKind>,
    state: Mutex<State>,
}

/// Everything that calls change.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) secrets: Secrets,
    pub(crate) tokens: Tokens,
}

impl Vault {
    /// An empty vault, which gives tokens to callers who show `identity_header`.
    pub(crate) fn new(identity_header: Secret) -> Self {
        let (faults, state) = (Faults::default(), Mutex::default());
        Self(Arc::new(Shared { identity_header, faults, state }))
    }

    /// Sets a secret, without counting a write.
    ///
    /// # Errors
    ///
    /// The value or the tags are out of bounds, or there are too many secrets.
    pub(crate) fn seed(
        &self,
        name: &SecretName,
        value: String,
        tags: BTreeMap<String, String>,
    ) -> Result<(), SetError> {
        let new = NewSecret { value, content_type: None, tags: Some(tags), attributes: None };
        let version = Version::new(new, now())?;
        self.state().secrets.set(name, version)
    }

    pub(crate) fn identity_header(&self) -> &Secret {
        &self.0.identity_header
    }

    pub(crate) fn faults(&self) -> &Faults<FaultKind> {
        &self.0.faults
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no code panics while it holds the state")
    }
}
