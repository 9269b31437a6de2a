//! A payment: intended, created at the provider, then charged, refused or cancelled; possibly
//! refunded, in full or in part.

mod provider;
mod refund;

pub use provider::{IntentStatus, OnPay, OnUndo, RefundStatus, Settled};
pub use refund::{Refund, RefundId, RefundState, needs_review, next_review};

use super::money::{NewMoney, asked, asked_if_any};
use super::text::PaymentMethod;
use super::{Money, OrderId, PaymentId, Refusal, strict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the payment provider is asked to charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The order that is paid, or the caller's reference.
    pub order_id: OrderId,
    /// The amount, in minor units.
    pub amount: Money,
    /// The payment method: a token of the provider such as `pm_card_visa`.
    pub payment_method: PaymentMethod,
}

/// A payment as a caller requests it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// The caller's own reference; never the payment of an order of this shop.
    pub order_id: OrderId,
    /// The amount, in minor units.
    #[serde(deserialize_with = "asked")]
    #[schemars(with = "NewMoney")]
    pub amount: Money,
    /// The payment method: a token of the provider such as `pm_card_visa`.
    #[serde(deserialize_with = "strict::text")]
    pub payment_method: PaymentMethod,
}

/// A charge as an order's saga requests it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCharge {
    /// The amount, in minor units.
    pub amount: Money,
    /// The payment method: a token of the provider such as `pm_card_visa`.
    pub payment_method: PaymentMethod,
}

/// A refund as a caller requests it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// How much; all that is left if absent.
    #[serde(default, deserialize_with = "asked_if_any")]
    #[schemars(with = "Option<NewMoney>")]
    pub amount: Option<Money>,
}

/// A refund by staff of a part of an order's payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartialRefund {
    /// The amount, in minor units.
    pub amount: Money,
}

/// The result of undoing an order's payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The total refunded; none when nothing was charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
}

/// The owner of a payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// An order's saga; public calls leave the payment alone.
    #[default]
    Order,
    /// A caller of the public API; `order_id` is then the caller's own reference.
    Caller,
}

/// The document of a payment. It is written before the provider is called, and records the state
/// that the provider reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The id of the payment, and the key of this document.
    pub payment_id: PaymentId,
    /// Whether an order's saga or a caller requested it.
    #[serde(default)]
    pub by: Owner,
    /// The order that it pays, or the caller's reference.
    pub order_id: OrderId,
    /// What was requested; none when the payment was cancelled first.
    pub charge: Option<Charge>,
    /// The state. It only moves forward, except when the provider takes a refund back.
    pub state: PaymentState,
    /// Whether it is to be undone: from now on nothing is confirmed.
    #[serde(default)]
    pub called_off: bool,
    /// How many keys of the request that creates the intent are spent: the provider stores a failure
    /// as the response to its key.
    #[serde(default)]
    pub spent_keys: u32,
    /// The refunds requested, oldest first; at most [`Payment::MAX_REFUNDS`].
    #[serde(default)]
    pub refunds: Vec<Refund>,
}

/// The state of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentState {
    /// Nothing was confirmed: at most there is an intent that is not recorded, and which charges
    /// nothing.
    Intended,
    /// The provider has an intent, which may have been confirmed.
    Created {
        /// The provider's id of the intent.
        intent: String,
    },
    /// The provider charged it.
    Charged {
        /// The provider's id of the intent.
        reference: String,
    },
    /// Nothing was charged, and nothing ever will be.
    Refused(Refusal),
    /// It was cancelled: nothing was charged, and nothing ever will be.
    Cancelled,
    /// Charged, and all of it refunded.
    Refunded {
        /// The provider's id of the intent.
        reference: String,
    },
}

impl PaymentState {
    /// Every name that [`PaymentState::name`] gives.
    pub const NAMES: [&str; 5] = ["pending", "charged", "refused", "cancelled", "refunded"];

    /// The name of the state on the wire, such as `charged`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Intended | Self::Created { .. } => "pending",
            Self::Charged { .. } => "charged",
            Self::Refused(_) => "refused",
            Self::Cancelled => "cancelled",
            Self::Refunded { .. } => "refunded",
        }
    }
}

impl NewPayment {
    /// The charge to request of the provider.
    ///
    /// # Errors
    /// As [`Money::payable`]; here 0 is too small as well.
    pub fn charge(self) -> Result<Charge, Refusal> {
        let Self { order_id, amount, payment_method } = self;
        // Zero needs no payment, so it is checked as the smallest one.
        amount.with_amount(amount.amount().max(1)).payable()?;
        Ok(Charge { order_id, amount, payment_method })
    }
}

impl Owner {
    /// The one payment of `order`, or the one that a caller makes under that reference: always two
    /// different ones.
    #[must_use]
    pub fn payment_id(self, order: &OrderId) -> PaymentId {
        match self {
            Self::Order => PaymentId::of(order),
            Self::Caller => PaymentId::by_caller(order),
        }
    }
}

impl Payment {
    /// The most refunds of one payment, so that its document stays small.
    pub const MAX_REFUNDS: usize = 50;

    /// A payment that is about to be requested.
    #[must_use]
    pub fn intended(by: Owner, charge: Charge) -> Self {
        let order_id = charge.order_id.clone();
        Self { charge: Some(charge), ..Self::new(by, order_id, PaymentState::Intended) }
    }

    /// The payment of an order, cancelled before it was requested, so that it can never be made.
    #[must_use]
    pub fn voided(order_id: OrderId) -> Self {
        let mut payment = Self::new(Owner::Order, order_id, PaymentState::Intended);
        payment.call_off();
        payment
    }

    fn new(by: Owner, order_id: OrderId, state: PaymentState) -> Self {
        Self {
            payment_id: by.payment_id(&order_id),
            by,
            order_id,
            charge: None,
            state,
            called_off: false,
            spent_keys: 0,
            refunds: Vec::new(),
        }
    }

    /// Checks that this payment is the one that `charge` requests.
    ///
    /// # Errors
    /// [`Refusal::PaymentVoided`], when it was cancelled; [`Refusal::PaymentMismatch`], when the
    /// same order was charged with another amount or method.
    pub fn serves(&self, charge: &Charge) -> Result<(), Refusal> {
        match &self.charge {
            None => Err(Refusal::PaymentVoided),
            _ if self.called_off => Err(Refusal::PaymentVoided),
            Some(own) if own != charge => Err(Refusal::PaymentMismatch),
            Some(_) => Ok(()),
        }
    }

    /// Starts again with `charge`, if a caller's payment was declined with another method, or was
    /// cancelled because its caller did not return.
    pub fn try_another(&mut self, charge: &Charge) {
        let declined = matches!(
            self.state,
            PaymentState::Refused(Refusal::PaymentDeclined { .. } | Refusal::PaymentNeedsCustomer)
        );
        let own = self.charge.as_ref().map(|own| &own.payment_method);
        let lapsed = self.state == PaymentState::Cancelled && !self.called_off;
        let over = lapsed || declined && own != Some(&charge.payment_method);
        if over && self.by == Owner::Caller {
            self.charge = Some(charge.clone());
            self.state = PaymentState::Intended;
            self.spent_keys += 1;
        }
    }

    /// The provider's id of the intent, once it is known.
    #[must_use]
    pub fn intent(&self) -> Option<&str> {
        match &self.state {
            PaymentState::Created { intent: id }
            | PaymentState::Charged { reference: id }
            | PaymentState::Refunded { reference: id } => Some(id),
            PaymentState::Intended | PaymentState::Refused(_) | PaymentState::Cancelled => None,
        }
    }

    /// The idempotency key of the request that creates the intent: a new one once a key is spent.
    #[must_use]
    pub fn creation_key(&self) -> String {
        format!("create-{}-{}", self.payment_id, self.spent_keys)
    }

    /// Moves to `next`, and returns whether the state changed: a payment only goes from intended to
    /// created, from there to charged, refused or cancelled, and from charged to refunded.
    pub fn advance(&mut self, next: PaymentState) -> bool {
        use PaymentState as S;
        let forward = matches!(
            (&self.state, &next),
            (S::Intended, S::Created { .. } | S::Refused(_) | S::Cancelled)
                | (S::Created { .. }, S::Charged { .. } | S::Refused(_) | S::Cancelled)
                | (S::Charged { .. }, S::Refunded { .. })
        );
        if forward {
            self.state = next;
        }
        forward
    }

    /// Cancels the payment: an intent that was not created never will be, and one that was is not
    /// confirmed any more. What the provider has by then must still be undone.
    pub fn call_off(&mut self) {
        self.called_off = true;
        if self.state == PaymentState::Intended {
            self.state = PaymentState::Cancelled;
        }
    }
}

#[cfg(test)]
mod laws;
