//! The simulator: all state behind one lock, and how a call passes through it.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::http::StatusCode;

use crate::auth::ApiKey;
use crate::book::Book;
use crate::error::ApiError;
use crate::faults::{Fault, Faults, Resource};
use crate::idempotency::{Claim, ClaimError, Fingerprint, Keys};
use crate::keyring::Keyring;
use crate::ledger::{Calls, Ledger};
use crate::objects::Reply;
use crate::requests::Work;

/// A handle on the one state; clones share it.
#[derive(Clone)]
pub(crate) struct Simulator(Arc<Mutex<State>>);

/// Everything that calls change.
pub(crate) struct State {
    pub(crate) keyring: Keyring,
    pub(crate) book: Book,
    pub(crate) keys: Keys,
    pub(crate) faults: Option<Faults>,
    pub(crate) calls: Calls,
}

/// What a call was told when it began.
pub(crate) struct Begun {
    pub(crate) claim: Claim,
    pub(crate) fault: Option<Fault>,
}

impl Simulator {
    pub(crate) fn new(api_key: ApiKey) -> Self {
        Self(Arc::new(Mutex::new(State {
            keyring: Keyring::new(api_key),
            book: Book::default(),
            keys: Keys::default(),
            faults: None,
            calls: Calls::default(),
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no code panics while it holds the state")
    }
}

impl State {
    /// Claims the call's key, then looks what befalls it.
    ///
    /// # Errors
    ///
    /// The key may not be used.
    pub(crate) fn begin(
        &mut self,
        key: Option<&str>,
        fingerprint: Fingerprint,
    ) -> Result<Begun, ClaimError> {
        let resource = fingerprint.resource;
        let claim = match key.map(|key| self.keys.claim(key, fingerprint)).transpose() {
            Ok(claim) => claim.unwrap_or(Claim::Fresh),
            Err(error) => {
                self.calls.conflicts += 1;
                return Err(error);
            }
        };
        if matches!(claim, Claim::Replay(_)) {
            self.calls.replayed += 1;
        }
        Ok(Begun { claim, fault: self.strike(resource) })
    }

    /// What befalls a call on `resource`, counted.
    pub(crate) fn strike(&mut self, resource: Resource) -> Option<Fault> {
        let fault = self.faults.as_mut()?.strike(resource)?;
        match fault {
            Fault::Stall(_) => self.calls.stalled += 1,
            Fault::FailBefore | Fault::FailAfter => self.calls.failed += 1,
        }
        Some(fault)
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

fn answer<T: serde::Serialize>(result: Result<T, impl Into<ApiError>>) -> Reply {
    match result {
        Ok(object) => Reply::new(StatusCode::OK, &object),
        Err(error) => error.into().into_reply(),
    }
}
