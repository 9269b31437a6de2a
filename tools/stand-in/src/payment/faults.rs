//! The kinds of faults of calls, and the calls that they apply to.

use crate::faults::{self, Fault};
use serde::{Deserialize, Serialize};

/// Which fault the next calls get. Only a call counts that is authorised, valid, and about to be
/// executed or replayed from its idempotency key.
pub type FaultPlan = faults::FaultPlan<FaultKind, Area>;

/// The plan in force.
pub(crate) type Faults = faults::Faults<FaultKind, Area>;

/// A fault that is injected into one call.
pub(crate) type InjectedFault = faults::InjectedFault<FaultKind, Area>;

/// A kind of fault. A response is saved under an idempotency key once the call's execution has begun
/// (<https://docs.stripe.com/api/idempotent_requests>); errors of Stripe's edge are not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The call waits, then takes effect, whether or not its caller still waits.
    Stall,
    /// The edge answers 500 and the call has no effect; its idempotency key remains unused.
    FailBefore,
    /// The call takes effect and the edge answers 500; the true response is saved under its key.
    FailAfter,
    /// The call is executed and ends with 500, without effect; the 500 is saved under its key.
    CrashBefore,
    /// The call takes effect and ends with 500; the 500 is saved under its key.
    CrashAfter,
    /// The connection closes without a response and the call has no effect; its key remains unused.
    DropBefore,
    /// The call takes effect and the connection closes without a response, which is saved under its key.
    DropAfter,
    /// The call gets a 429 and has no effect; its key remains unused
    /// (<https://docs.stripe.com/rate-limits>).
    RateLimit,
    /// The call gets a 409, as if another one with its key were running; it has no effect.
    Conflict,
}

/// The calls that a plan can apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// `/v1/payment_intents` and below.
    PaymentIntents,
    /// `/v1/refunds` and below.
    Refunds,
    /// `POST /v2/iam/api_keys/{id}/rotate`.
    KeyRotations,
    /// `POST /v1/payment_intents`.
    Create,
    /// `POST /v1/payment_intents/{id}/confirm`.
    Confirm,
    /// `POST /v1/payment_intents/{id}/cancel`.
    Cancel,
    /// `POST /v1/refunds`.
    Refund,
    /// Every `GET` of intents and refunds.
    Read,
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Confirm,
    Cancel,
    ReadIntent,
    Refund,
    ReadRefund,
    Rotate,
}

impl Fault for FaultKind {
    fn stalls(self) -> bool {
        self == Self::Stall
    }
}

impl FaultKind {
    /// Whether the connection closes without a response.
    pub(crate) fn drops(self) -> bool {
        matches!(self, Self::DropBefore | Self::DropAfter)
    }

    /// Whether the call ends before its execution begins, so that its key remains unused.
    pub(crate) fn precedes_execution(self) -> bool {
        match self {
            Self::FailBefore | Self::DropBefore | Self::RateLimit | Self::Conflict => true,
            Self::Stall
            | Self::FailAfter
            | Self::CrashBefore
            | Self::CrashAfter
            | Self::DropAfter => false,
        }
    }
}

impl Area {
    pub(crate) fn covers(self, operation: Operation) -> bool {
        use Operation::{Cancel, Confirm, Create, ReadIntent, ReadRefund, Refund, Rotate};
        match self {
            Self::PaymentIntents => matches!(operation, Create | Confirm | Cancel | ReadIntent),
            Self::Refunds => matches!(operation, Refund | ReadRefund),
            Self::KeyRotations => operation == Rotate,
            Self::Create => operation == Create,
            Self::Confirm => operation == Confirm,
            Self::Cancel => operation == Cancel,
            Self::Refund => operation == Refund,
            Self::Read => matches!(operation, ReadIntent | ReadRefund),
        }
    }
}
