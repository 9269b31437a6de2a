//! The vault: its secrets behind a lock, its token, and the fault plan.

use crate::clock::now;
use crate::faults::{self, Fault, Faults};
use crate::key_vault::limits::SetError;
use crate::key_vault::name::SecretName;
use crate::key_vault::secrets::Secrets;
use crate::key_vault::version::{NewSecret, Version};
use crate::secret::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// Which fault the next calls of the vault get. Only a call with a valid token counts.
pub type FaultPlan = faults::FaultPlan<FaultKind>;

/// A kind of fault.
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

/// A handle on the shared state.
#[derive(Clone)]
pub(crate) struct Vault(Arc<Shared>);

struct Shared {
    identity_header: Secret,
    token: Secret,
    faults: Faults<FaultKind>,
    state: Mutex<State>,
}

/// The state that calls change.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) secrets: Secrets,
}

impl Vault {
    /// An empty vault, which issues a token to callers who send `identity_header`.
    pub(crate) fn new(identity_header: Secret) -> Self {
        let (token, faults, state) = (Secret::random(""), Faults::default(), Mutex::default());
        Self(Arc::new(Shared { identity_header, token, faults, state }))
    }

    /// Sets a secret without counting a write.
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

    /// What the identity endpoint issues and the vault demands.
    pub(crate) fn token(&self) -> &Secret {
        &self.0.token
    }

    pub(crate) fn faults(&self) -> &Faults<FaultKind> {
        &self.0.faults
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no code panics while it holds the state")
    }
}
