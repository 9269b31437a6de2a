//! Faults: what happens to the next calls.

use crate::faults::{self, Fault};
use serde::{Deserialize, Serialize};

/// What happens to the next calls. Only a call counts that is authorised, valid, and about to be
/// executed or answered from its idempotency key.
pub type FaultPlan = faults::FaultPlan<FaultKind, Resource>;

/// The plan in force.
pub(crate) type Faults = faults::Faults<FaultKind, Resource>;

/// A call that is struck.
pub(crate) type Struck = faults::Struck<FaultKind, Resource>;

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The call waits, then takes effect, whether or not its caller still does.
    Stall,
    /// The call is answered 500 and has no effect; its idempotency key stays free.
    FailBefore,
    /// The call takes effect and is answered 500; its idempotency key keeps the true answer.
    FailAfter,
}

/// The paths of the API that can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// `/v1/payment_intents` and below.
    PaymentIntents,
    /// `/v1/refunds`.
    Refunds,
    /// `/v2/iam/api_keys/{id}/rotate`.
    KeyRotations,
}

impl Fault for FaultKind {
    fn stalls(self) -> bool {
        self == Self::Stall
    }
}
