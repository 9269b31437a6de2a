//! The simulator: all state behind one lock, the fault plan, and how a call passes through them.

use crate::payment::book::Book;
use crate::payment::calls::Calls;
use crate::payment::clock::Clock;
use crate::payment::error::StripeError;
use crate::payment::faults::{FaultKind, FaultPlan, Faults, InjectedFault, Operation};
use crate::payment::idempotency::{Claim, ClaimError, Fingerprint, Keys};
use crate::payment::keyring::Keyring;
use crate::payment::ledger::Ledger;
use crate::payment::objects::Reply;
use crate::payment::requests::Work;
use crate::payment::settlement::SettlementPlan;
use crate::secret::Secret;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on the shared state.
#[derive(Clone)]
pub(crate) struct Simulator {
    state: Arc<Mutex<State>>,
    faults: Faults,
}

/// The state that calls change.
pub(crate) struct State {
    pub(crate) clock: Clock,
    pub(crate) keyring: Keyring,
    pub(crate) book: Book,
    pub(crate) keys: Keys,
    pub(crate) settlement: SettlementPlan,
    pub(crate) calls: Calls,
}

/// The claim of a call on its idempotency key, and its fault.
pub(crate) struct Begun {
    pub(crate) claim: Claim,
    pub(crate) injected: Option<InjectedFault>,
}

impl Simulator {
    pub(crate) fn new(api_key: Secret) -> Self {
        let state = State {
            clock: Clock::new(),
            keyring: Keyring::new(api_key),
            book: Book::default(),
            keys: Keys::default(),
            settlement: SettlementPlan::default(),
            calls: Calls::default(),
        };
        Self { state: Arc::new(Mutex::new(state)), faults: Faults::default() }
    }

    /// The state, after everything that is due has settled.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().expect("no code panics while it holds the state");
        let now = state.clock.now();
        state.book.settle(now);
        state
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Counts a call with an active key.
    pub(crate) fn count(&self, operation: Operation) {
        self.state().calls.count(operation);
    }

    /// Claims the call's key, then looks for its fault.
    ///
    /// # Errors
    ///
    /// The key may not be used.
    pub(crate) fn begin(
        &self,
        key: Option<&str>,
        operation: Operation,
        fingerprint: Fingerprint,
    ) -> Result<Begun, ClaimError> {
        let claim = self.state().claim(key, operation, fingerprint)?;
        Ok(Begun { claim, injected: self.inject(operation) })
    }

    /// The fault of a call, counted, if the plan has one.
    pub(crate) fn inject(&self, operation: Operation) -> Option<InjectedFault> {
        let applies = |plan: &FaultPlan| plan.path.is_none_or(|area| area.covers(operation));
        let injected = self.faults.inject(applies)?;
        let mut state = self.state();
        if injected.fault == FaultKind::Stall {
            state.calls.stalled += 1;
        } else {
            state.calls.failed += 1;
        }
        Some(injected)
    }
}

impl State {
    fn claim(
        &mut self,
        key: Option<&str>,
        operation: Operation,
        fingerprint: Fingerprint,
    ) -> Result<Claim, ClaimError> {
        let now = self.clock.now();
        let claim = |key| self.keys.claim(key, operation, fingerprint, now);
        let claimed = key.map_or(Ok(Claim::Fresh), claim);
        match &claimed {
            Ok(Claim::Fresh) => {}
            Ok(Claim::Replay(_)) => self.calls.replayed += 1,
            Err(_) => self.calls.conflicts += 1,
        }
        claimed
    }

    /// Executes the work, unless its fault prevents that, and saves the reply under the key, even
    /// an error.
    pub(crate) fn execute(
        &mut self,
        key: Option<&str>,
        work: Work,
        fault: Option<FaultKind>,
    ) -> Reply {
        let reply = match fault {
            Some(FaultKind::CrashBefore) => StripeError::internal().into_reply(),
            Some(FaultKind::CrashAfter) => {
                self.perform(work);
                StripeError::internal().into_reply()
            }
            Some(_) | None => self.perform(work),
        };
        if let Some(key) = key {
            self.keys.save(key, &reply);
        }
        reply
    }

    fn perform(&mut self, work: Work) -> Reply {
        let now = self.clock.now();
        let plan = &mut self.settlement;
        match work {
            Work::Create(new) => reply(self.book.create(new, now, plan)),
            Work::Confirm(id, confirmation) => {
                reply(self.book.confirm(&id, confirmation, now, plan))
            }
            Work::Cancel(id, reason) => reply(self.book.cancel(&id, reason, now)),
            Work::Refund(new) => reply(self.book.refund(new, now, plan)),
            Work::Rotate(rotation) => reply(self.keyring.rotate(rotation, now)),
        }
    }

    pub(crate) fn ledger(&self) -> Ledger {
        let (payments, movements) = (self.book.payments(), self.book.movements());
        Ledger { payments, movements, calls: self.calls }
    }
}

fn reply<T: Serialize>(result: Result<T, impl Into<StripeError>>) -> Reply {
    match result {
        Ok(object) => Reply::new(StatusCode::OK, &object),
        Err(error) => error.into().into_reply(),
    }
}
