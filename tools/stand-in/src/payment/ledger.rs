//! The ledger: what was charged, declined and refunded, for tests that check the money.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The answer to `GET /control/ledger`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// One entry per payment intent, oldest first.
    pub payments: Vec<Payment>,
    /// How the calls went.
    pub calls: Calls,
}

/// One payment intent: an attempt to charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// `pi_…`
    pub payment_intent: String,
    /// The caller's `metadata[order_id]`.
    pub order_id: Option<String>,
    /// What was asked for, in minor units.
    pub amount: u64,
    /// Three lower-case letters.
    pub currency: String,
    /// Whether the money was taken.
    pub outcome: Outcome,
    /// What was refunded so far, in minor units; never more than was charged.
    pub refunded: u64,
    /// How many refunds there were.
    pub refunds: u64,
}

impl Payment {
    /// The money taken, in minor units: the amount, or 0 after a decline.
    #[must_use]
    pub fn charged(&self) -> u64 {
        match self.outcome {
            Outcome::Charged => self.amount,
            Outcome::Declined => 0,
        }
    }
}

/// How an attempt to charge ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money was taken.
    Charged,
    /// The card was declined; no money moved.
    Declined,
}

/// The payments of one order, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTotals {
    /// How often money was taken.
    pub charges: u64,
    /// How often a card was declined.
    pub declines: u64,
    /// How many refunds were made.
    pub refunds: u64,
    /// The money taken, in minor units.
    pub charged: u64,
    /// The money refunded, in minor units; never more than was charged.
    pub refunded: u64,
    /// The currencies of the attempts; with more than one the sums mean nothing.
    pub currencies: BTreeSet<String>,
}

impl OrderTotals {
    /// The money kept, in minor units.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.charged - self.refunded
    }

    fn add(&mut self, payment: &Payment) {
        match payment.outcome {
            Outcome::Charged => self.charges += 1,
            Outcome::Declined => self.declines += 1,
        }
        self.refunds += payment.refunds;
        self.charged += payment.charged();
        self.refunded += payment.refunded;
        self.currencies.insert(payment.currency.clone());
    }
}

/// How many calls came, and how some of them ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// `POST /v1/payment_intents` with an active key, whatever came of it.
    pub payment_intents: u64,
    /// `POST /v1/refunds` with an active key, whatever came of it.
    pub refunds: u64,
    /// `POST /v2/iam/api_keys/{id}/rotate` with an active key, whatever came of it.
    pub key_rotations: u64,
    /// `GET /v1/payment_intents/{id}` with an active key, whatever came of it.
    pub reads: u64,
    /// Calls without an active API key.
    pub unauthorized: u64,
    /// Calls answered again from their idempotency key, or failed by a fault instead.
    pub replayed: u64,
    /// Calls rejected because of their idempotency key: in use, or of another request.
    pub conflicts: u64,
    /// Calls that a fault stalled, counted when the stall began.
    pub stalled: u64,
    /// Calls that a fault failed, before or after their effect.
    pub failed: u64,
}

impl Ledger {
    /// The totals of every order that was named, by order id.
    #[must_use]
    pub fn orders(&self) -> BTreeMap<&str, OrderTotals> {
        let mut orders = BTreeMap::<&str, OrderTotals>::new();
        for payment in &self.payments {
            if let Some(order_id) = &payment.order_id {
                orders.entry(order_id).or_default().add(payment);
            }
        }
        orders
    }

    /// The totals of one order; all zero for one that never came to be charged.
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
            amount: 500,
            currency: "eur".to_owned(),
            outcome,
            refunded,
            refunds: u64::from(refunded > 0),
        }
    }

    #[test]
    fn an_order_adds_up_its_own_payments() {
        let payments = vec![
            payment(Some("a"), Outcome::Declined, 0),
            payment(Some("a"), Outcome::Charged, 200),
            payment(Some("b"), Outcome::Charged, 0),
            payment(None, Outcome::Charged, 0),
        ];
        let ledger = Ledger { payments, calls: Calls::default() };
        let a = ledger.order("a");
        assert_eq!((a.charges, a.declines, a.refunds), (1, 1, 1));
        assert_eq!((a.charged, a.refunded, a.kept()), (500, 200, 300));
        assert_eq!(ledger.order("unknown"), OrderTotals::default());
        assert_eq!(ledger.orders().into_keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(ledger.orders()["a"], a);
    }
}
