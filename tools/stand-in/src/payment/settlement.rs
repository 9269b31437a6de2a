//! Delayed settlement: payments that are processing, and refunds that are pending, for a time on the
//! simulator's clock that a plan sets.

use crate::payment::clock::MAX_ADVANCE_SECONDS;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// How the next payments and refunds settle: the body of `PUT /control/settlement`. A new plan
/// replaces the old one and does not affect what is settling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlementPlan {
    /// Payments by cards that accept: they are `processing`
    /// (<https://docs.stripe.com/payments/paymentintents/lifecycle>).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payments: Option<Delay<PaymentEnd>>,
    /// Refunds of any card: they are `pending` (<https://docs.stripe.com/refunds>).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunds: Option<Delay<RefundEnd>>,
}

/// A delay, and the end state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delay<E> {
    /// How many are delayed, at least 1; all when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// How long, in seconds of the simulator's clock, at most [`MAX_ADVANCE_SECONDS`].
    pub after_seconds: u64,
    /// The end state.
    pub then: E,
}

/// The end state of a payment that was processing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentEnd {
    /// It is `succeeded`.
    Succeed,
    /// It is `requires_payment_method` again, as after a decline.
    Fail,
}

/// The end state of a refund that was pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundEnd {
    /// It is `succeeded`.
    Succeed,
    /// It is `failed`, and its amount can be refunded again.
    Fail,
    /// It is `canceled`, and its amount can be refunded again.
    Cancel,
    /// It is `requires_action`, for good.
    RequireAction,
}

/// Why a plan is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum SettlementError {
    #[error("next must be at least 1; DELETE /control/settlement ends every delay")]
    Next,
    #[error("after_seconds must be at most {MAX_ADVANCE_SECONDS}")]
    Seconds,
}

impl SettlementPlan {
    pub(crate) fn check(&self) -> Result<(), SettlementError> {
        self.payments.map_or(Ok(()), Delay::check)?;
        self.refunds.map_or(Ok(()), Delay::check)
    }

    /// How long the next payment takes, and how it ends.
    pub(crate) fn next_payment(&mut self) -> Option<(Duration, PaymentEnd)> {
        take(&mut self.payments)
    }

    /// How long the next refund takes, and how it ends.
    pub(crate) fn next_refund(&mut self) -> Option<(Duration, RefundEnd)> {
        take(&mut self.refunds)
    }
}

impl<E> Delay<E> {
    fn check(self) -> Result<(), SettlementError> {
        if self.next == Some(0) {
            Err(SettlementError::Next)
        } else if self.after_seconds > MAX_ADVANCE_SECONDS {
            Err(SettlementError::Seconds)
        } else {
            Ok(())
        }
    }
}

fn take<E: Copy>(delay: &mut Option<Delay<E>>) -> Option<(Duration, E)> {
    let Delay { next, after_seconds, then } = (*delay)?;
    *delay = match next {
        Some(..=1) => None,
        Some(left) => Some(Delay { next: Some(left - 1), after_seconds, then }),
        None => *delay,
    };
    Some((Duration::from_secs(after_seconds), then))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_counts_down_unless_it_has_no_number() {
        let delay = Delay { next: Some(2), after_seconds: 5, then: PaymentEnd::Fail };
        let mut plan = SettlementPlan { payments: Some(delay), refunds: None };
        let expected = Some((Duration::from_secs(5), PaymentEnd::Fail));
        assert_eq!([plan.next_payment(), plan.next_payment()], [expected; 2]);
        assert_eq!((plan.next_payment(), plan.next_refund()), (None, None));
        plan.payments = Some(Delay { next: None, ..delay });
        assert!((0..100).all(|_| plan.next_payment() == expected));
    }
}
