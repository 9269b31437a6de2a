//! The simulator: all state behind one lock, the faults to come, and how a call passes through them.

use crate::payment::book::Book;
use crate::payment::error::StripeError;
use crate::payment::faults::{FaultKind, Faults, Resource, Struck};
use crate::payment::idempotency::{Claim, ClaimError, Fingerprint, Keys};
use crate::payment::keyring::Keyring;
use crate::payment::ledger::{Calls, Ledger};
use crate::payment::objects::Reply;
use crate::payment::requests::Work;
use crate::secret::Secret;
use axum::http::StatusCode;
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on the one state; clones share it.
#[derive(Clone)]
pub(crate) struct Simulator {
    state: Arc<Mutex<State>>,
    faults: Faults,
}

/// Everything that calls change.
pub(crate) struct State {
    pub(crate) keyring: Keyring,
    pub(crate) book: Book,
    pub(crate) keys: Keys,
    pub(crate) calls: Calls,
}

/// How a call begins.
pub(crate) struct Begun {
    pub(crate) claim: Claim,
    pub(crate) struck: Option<Struck>,
}

impl Simulator {
    pub(crate) fn new(api_key: Secret) -> Self {
        let state = State {
            keyring: Keyring::new(api_key),
            book: Book::default(),
            keys: Keys::default(),
            calls: Calls::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), faults: Faults::default() }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no code panics while it holds the state")
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Claims the call's key, then looks what happens to it.
    ///
    /// # Errors
    ///
    /// The key may not be used.
    pub(crate) fn begin(
        &self,
        key: Option<&str>,
        fingerprint: Fingerprint,
    ) -> Result<Begun, ClaimError> {
        let resource = fingerprint.resource;
        let claim = self.state().claim(key, fingerprint)?;
        Ok(Begun { claim, struck: self.strike(resource) })
    }

    /// What happens to a call on `resource`, counted.
    pub(crate) fn strike(&self, resource: Resource) -> Option<Struck> {
        let struck = self.faults.strike(|plan| plan.path.is_none_or(|path| path == resource))?;
        let mut state = self.state();
        match struck.fault {
            FaultKind::Stall => state.calls.stalled += 1,
            FaultKind::FailBefore | FaultKind::FailAfter => state.calls.failed += 1,
        }
        Some(struck)
    }
}

impl State {
    fn claim(&mut self, key: Option<&str>, fingerprint: Fingerprint) -> Result<Claim, ClaimError> {
        let claimed = key.map_or(Ok(Claim::Fresh), |key| self.keys.claim(key, fingerprint));
        match &claimed {
            Ok(Claim::Fresh) => {}
            Ok(Claim::Replay(_)) => self.calls.replayed += 1,
            Err(_) => self.calls.conflicts += 1,
        }
        claimed
    }

    /// Does the work and keeps its answer, good or bad, under the key.
    pub(crate) fn execute(&mut self, key: Option<&str>, work: Work) -> Reply {
        let reply = match work {
            Work::Charge(new) => answer(self.book.charge(new)),
            Work::Refund(new) => answer(self.book.refund(new)),
            Work::Rotate(rotation) => answer(self.keyring.rotate(rotation)),
        };
        if let Some(key) = key {
            self.keys.keep(key, &reply);
        }
        reply
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger { payments: self.book.payments(), calls: self.calls }
    }
}

fn answer<T: serde::Serialize>(result: Result<T, impl Into<StripeError>>) -> Reply {
    match result {
        Ok(object) => Reply::new(StatusCode::OK, &object),
        Err(error) => error.into().into_reply(),
    }
}
