//! Counts of calls by operation and outcome.

use crate::payment::faults::Operation;
use serde::{Deserialize, Serialize};

/// The calls since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// `POST /v1/payment_intents` with an active key, successful or not.
    pub payment_intents: u64,
    /// `POST /v1/payment_intents/{id}/confirm` with an active key, successful or not.
    pub confirmations: u64,
    /// `POST /v1/payment_intents/{id}/cancel` with an active key, successful or not.
    pub cancellations: u64,
    /// `POST /v1/refunds` with an active key, successful or not.
    pub refunds: u64,
    /// `POST /v2/iam/api_keys/{id}/rotate` with an active key, successful or not.
    pub key_rotations: u64,
    /// Every `GET` of intents and refunds with an active key, successful or not.
    pub reads: u64,
    /// Calls without an active API key.
    pub unauthorized: u64,
    /// Calls that got the saved response of their idempotency key, or would have without a fault.
    pub replayed: u64,
    /// Calls rejected because of their idempotency key: in use, or of another request.
    pub conflicts: u64,
    /// Calls that a fault stalled, counted when the stall began.
    pub stalled: u64,
    /// Calls with any other fault.
    pub failed: u64,
}

impl Calls {
    /// Counts a call with an active key.
    pub(crate) fn count(&mut self, operation: Operation) {
        let counter = match operation {
            Operation::Create => &mut self.payment_intents,
            Operation::Confirm => &mut self.confirmations,
            Operation::Cancel => &mut self.cancellations,
            Operation::Refund => &mut self.refunds,
            Operation::Rotate => &mut self.key_rotations,
            Operation::ReadIntent | Operation::ReadRefund => &mut self.reads,
        };
        *counter += 1;
    }
}
