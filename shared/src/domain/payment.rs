//! The payment of an order: intended, then charged or declined, perhaps refunded.

use super::text::PaymentMethod;
use super::{Money, OrderId, PaymentId, Refusal};
use serde::{Deserialize, Serialize};

/// What is asked of the payment provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// The order that is paid.
    pub order_id: OrderId,
    /// How much.
    pub amount: Money,
    /// How.
    pub payment_method: PaymentMethod,
}

/// The document of a payment. It is written before the provider is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Names the payment.
    pub payment_id: PaymentId,
    /// The order that it pays.
    pub order_id: OrderId,
    /// What was asked for; nothing, when the payment was called off first.
    pub charge: Option<Charge>,
    /// Where it stands.
    pub state: PaymentState,
}

/// Where a payment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentState {
    /// The provider may or may not have been asked.
    Intended,
    /// The provider charged it.
    Charged {
        /// The provider's id of the charge.
        reference: String,
    },
    /// Nothing was charged, and nothing ever will be.
    Refused(Refusal),
    /// Charged and given back.
    Refunded {
        /// The provider's id of the charge.
        reference: String,
    },
}

impl PaymentState {
    /// The name of the state.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Intended => "pending",
            Self::Charged { .. } => "charged",
            Self::Refused(_) => "refused",
            Self::Refunded { .. } => "refunded",
        }
    }
}

impl Payment {
    /// A payment about to be asked for.
    #[must_use]
    pub fn intended(charge: Charge) -> Self {
        let order_id = charge.order_id.clone();
        Self {
            payment_id: PaymentId::of(&order_id),
            order_id,
            charge: Some(charge),
            state: PaymentState::Intended,
        }
    }

    /// A payment called off before it was asked for, so that it can never be made.
    #[must_use]
    pub fn voided(order_id: OrderId) -> Self {
        let state = PaymentState::Refused(Refusal::PaymentVoided);
        Self { payment_id: PaymentId::of(&order_id), order_id, charge: None, state }
    }

    /// Whether this payment is the one that `charge` asks for.
    ///
    /// # Errors
    /// [`Refusal::PaymentMismatch`], when the same order was charged with another amount or method.
    pub fn serves(&self, charge: &Charge) -> Result<(), Refusal> {
        match &self.charge {
            Some(own) if own != charge => Err(Refusal::PaymentMismatch),
            _ => Ok(()),
        }
    }

    /// Moves on to `next`, and tells whether that was a move: a payment only ever goes from
    /// intended to charged or refused, and from charged to refunded.
    pub fn advance(&mut self, next: PaymentState) -> bool {
        let forward = matches!(
            (&self.state, &next),
            (PaymentState::Intended, PaymentState::Charged { .. } | PaymentState::Refused(_))
                | (PaymentState::Charged { .. }, PaymentState::Refunded { .. })
        );
        if forward {
            self.state = next;
        }
        forward
    }
}
