//! The ledger: what was charged, declined and refunded, for tests to check.

use crate::payment::calls::Calls;
use crate::payment::objects::{IntentStatus, PaymentIntent, Refund, RefundStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The response to `GET /control/ledger`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// One per payment intent, oldest first.
    pub payments: Vec<Payment>,
    /// Every movement of money, tried or done, in the order of their times.
    pub movements: Vec<Movement>,
    /// Counts of calls by operation and outcome.
    pub calls: Calls,
}

/// A payment intent in its current state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// `pi_…`
    pub payment_intent: String,
    /// The caller's `metadata[order_id]`.
    pub order_id: Option<String>,
    /// The caller's `metadata[reference]`, of a payment that belongs to no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The amount to charge, in the provider's minor units.
    pub amount: u64,
    /// Three lower-case letters.
    pub currency: String,
    /// The state of the intent.
    pub outcome: Outcome,
    /// What was refunded so far, in minor units; never more than was charged. A refund counts from
    /// the moment at which it succeeds until it fails.
    pub refunded: u64,
    /// How many refunds succeeded.
    pub refunds: u64,
}

/// The state of a payment intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No charge was attempted.
    Unconfirmed,
    /// The customer has to act; no money moved.
    RequiresAction,
    /// The money is on its way.
    Processing,
    /// The money was taken.
    Charged,
    /// The card was declined; no money moved.
    Declined,
    /// The intent was cancelled; no money moved, and none will.
    Canceled,
}

/// A change in the state of a charge or a refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// When the state changed, by the simulator's clock.
    pub at: Timestamp,
    /// Whether it is a charge or a refund.
    pub kind: MovementKind,
    /// `ch_…` or `re_…`
    pub id: String,
    /// `pi_…`
    pub payment_intent: String,
    /// The `metadata[order_id]` of the intent.
    pub order_id: Option<String>,
    /// The amount of the charge or refund, in the provider's minor units.
    pub amount: u64,
    /// Three lower-case letters.
    pub currency: String,
    /// The new state.
    pub status: MovementStatus,
}

/// Which way money moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementKind {
    /// From the customer.
    Charge,
    /// To the customer.
    Refund,
}

/// The state of a charge or a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovementStatus {
    /// The money is on its way.
    Pending,
    /// The customer has to act before a refund arrives.
    RequiresAction,
    /// The money has moved.
    Succeeded,
    /// No money has moved, or it was returned.
    Failed,
    /// A refund was cancelled.
    Canceled,
}

impl Movement {
    pub(crate) fn of_charge(intent: &PaymentIntent, status: MovementStatus, at: Timestamp) -> Self {
        Self {
            at,
            kind: MovementKind::Charge,
            id: intent.latest_charge.clone().unwrap_or_default(),
            payment_intent: intent.id.clone(),
            order_id: order_id(intent),
            amount: intent.amount,
            currency: intent.currency.clone(),
            status,
        }
    }

    pub(crate) fn of_refund(intent: &PaymentIntent, refund: &Refund, at: Timestamp) -> Self {
        Self {
            at,
            kind: MovementKind::Refund,
            id: refund.id.clone(),
            payment_intent: intent.id.clone(),
            order_id: order_id(intent),
            amount: refund.amount,
            currency: refund.currency.clone(),
            status: match refund.status {
                RefundStatus::Pending => MovementStatus::Pending,
                RefundStatus::RequiresAction => MovementStatus::RequiresAction,
                RefundStatus::Succeeded => MovementStatus::Succeeded,
                RefundStatus::Failed => MovementStatus::Failed,
                RefundStatus::Canceled => MovementStatus::Canceled,
            },
        }
    }
}

impl Payment {
    pub(crate) fn of(intent: &PaymentIntent, refunds: &[Refund]) -> Self {
        let refunds = refunds.iter().filter(|refund| refund.status == RefundStatus::Succeeded);
        Self {
            payment_intent: intent.id.clone(),
            order_id: order_id(intent),
            reference: intent.metadata.get("reference").cloned(),
            amount: intent.amount,
            currency: intent.currency.clone(),
            outcome: Outcome::of(intent),
            refunded: refunds.clone().map(|refund| refund.amount).sum(),
            refunds: refunds.map(|_| 1).sum(),
        }
    }

    /// The money taken, in minor units: the amount once it was charged, else 0.
    #[must_use]
    pub fn charged(&self) -> u64 {
        if self.outcome == Outcome::Charged { self.amount } else { 0 }
    }
}

impl Outcome {
    fn of(intent: &PaymentIntent) -> Self {
        match intent.status {
            IntentStatus::RequiresPaymentMethod if intent.last_payment_error.is_some() => {
                Self::Declined
            }
            IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation => {
                Self::Unconfirmed
            }
            IntentStatus::RequiresAction => Self::RequiresAction,
            IntentStatus::Processing => Self::Processing,
            IntentStatus::Succeeded => Self::Charged,
            IntentStatus::Canceled => Self::Canceled,
        }
    }
}

fn order_id(intent: &PaymentIntent) -> Option<String> {
    intent.metadata.get("order_id").cloned()
}

/// The totals of an order's payments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTotals {
    /// How many charges succeeded.
    pub charges: u64,
    /// How many charges were declined.
    pub declines: u64,
    /// How many refunds were made.
    pub refunds: u64,
    /// The money taken, in minor units.
    pub charged: u64,
    /// The money refunded, in minor units; never more than was charged.
    pub refunded: u64,
    /// The currencies of the payments; with more than one the sums are meaningless.
    pub currencies: BTreeSet<String>,
}

impl OrderTotals {
    /// What was charged and not refunded, in minor units.
    #[must_use]
    pub fn net(&self) -> u64 {
        self.charged - self.refunded
    }

    fn add(&mut self, payment: &Payment) {
        self.charges += u64::from(payment.outcome == Outcome::Charged);
        self.declines += u64::from(payment.outcome == Outcome::Declined);
        self.refunds += payment.refunds;
        self.charged += payment.charged();
        self.refunded += payment.refunded;
        self.currencies.insert(payment.currency.clone());
    }
}

impl Ledger {
    /// The totals of an order; all zero if it has no payments.
    #[must_use]
    pub fn order(&self, order_id: &str) -> OrderTotals {
        let mut totals = OrderTotals::default();
        for payment in &self.payments {
            if payment.order_id.as_deref() == Some(order_id) {
                totals.add(payment);
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(order_id: Option<&str>, outcome: Outcome, refunded: u64) -> Payment {
        Payment {
            payment_intent: "pi_1".to_owned(),
            order_id: order_id.map(str::to_owned),
            reference: None,
            amount: 500,
            currency: "eur".to_owned(),
            outcome,
            refunded,
            refunds: u64::from(refunded > 0),
        }
    }

    #[test]
    fn the_totals_of_an_order_are_those_of_its_own_payments() {
        let payments = vec![
            payment(Some("a"), Outcome::Declined, 0),
            payment(Some("a"), Outcome::Charged, 200),
            payment(Some("b"), Outcome::Charged, 0),
            payment(None, Outcome::Charged, 0),
        ];
        let ledger = Ledger { payments, ..Ledger::default() };
        let a = ledger.order("a");
        assert_eq!((a.charges, a.declines, a.refunds), (1, 1, 1));
        assert_eq!((a.charged, a.refunded, a.net()), (500, 200, 300));
        assert_eq!(ledger.order("unknown"), OrderTotals::default());
    }
}
