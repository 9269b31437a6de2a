//! The statuses of the payment provider's objects, and what the shop does about each: one row for each
//! status that Stripe documents.

use serde::Deserialize;

/// The status of a [PaymentIntent](https://docs.stripe.com/payments/paymentintents/lifecycle).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    /// It has no payment method, or the one that it had was declined.
    RequiresPaymentMethod,
    /// It was created and not confirmed.
    RequiresConfirmation,
    /// The customer must act, such as authenticate with the bank.
    RequiresAction,
    /// The bank has not decided.
    Processing,
    /// Authorized, to be captured manually, which the shop never requests.
    RequiresCapture,
    /// It was cancelled: nothing was charged, and nothing can be.
    Canceled,
    /// It was charged.
    Succeeded,
    /// A status that this version does not know.
    #[serde(other)]
    Unknown,
}

/// What the step `pay` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnPay {
    /// Confirms the intent.
    Confirm,
    /// It is paid.
    Paid,
    /// Refuses: the payment method was declined.
    Declined,
    /// Refuses: the customer would have to act, and is not present.
    NeedsCustomer,
    /// Refuses: it was cancelled.
    Cancelled,
    /// Fails, and reads the intent again when it is repeated.
    Wait,
}

/// What its undo does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUndo {
    /// Cancels the intent.
    Cancel,
    /// Refunds what was charged.
    Refund,
    /// Fails, and reads the intent again when it is repeated.
    Wait,
    /// Nothing was charged, and nothing can be.
    Nothing,
}

impl IntentStatus {
    /// What the step `pay` does about an intent of this status.
    #[must_use]
    pub fn on_pay(self) -> OnPay {
        self.row().0
    }

    /// What the undo of `pay` does about an intent of this status.
    #[must_use]
    pub fn on_undo(self) -> OnUndo {
        self.row().1
    }

    fn row(self) -> (OnPay, OnUndo) {
        match self {
            Self::RequiresPaymentMethod => (OnPay::Declined, OnUndo::Cancel),
            Self::RequiresConfirmation => (OnPay::Confirm, OnUndo::Cancel),
            Self::RequiresAction => (OnPay::NeedsCustomer, OnUndo::Cancel),
            Self::Processing | Self::Unknown => (OnPay::Wait, OnUndo::Wait),
            Self::RequiresCapture => (OnPay::Wait, OnUndo::Cancel),
            Self::Canceled => (OnPay::Cancelled, OnUndo::Nothing),
            Self::Succeeded => (OnPay::Paid, OnUndo::Refund),
        }
    }
}

/// The status of a [Refund](https://docs.stripe.com/api/refunds/object#refund_object-status).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// The bank has not decided.
    Pending,
    /// The customer must act, such as name a bank account.
    RequiresAction,
    /// The money is refunded.
    Succeeded,
    /// It was not refunded; the shop has the money again.
    Failed,
    /// It was cancelled before it was refunded.
    Canceled,
    /// A status that this version does not know.
    #[serde(other)]
    Unknown,
}

/// Whether a refund is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The money is refunded.
    GivenBack,
    /// It is not, and never will be by this refund.
    NotGivenBack,
    /// Not yet: it is read again.
    NotYet,
}

impl RefundStatus {
    /// Whether a refund of this status is settled.
    #[must_use]
    pub fn settled(self) -> Settled {
        match self {
            Self::Pending | Self::RequiresAction | Self::Unknown => Settled::NotYet,
            Self::Succeeded => Settled::GivenBack,
            Self::Failed | Self::Canceled => Settled::NotGivenBack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_status_of_an_intent_has_its_row() {
        for (status, pay, undo) in [
            ("requires_payment_method", OnPay::Declined, OnUndo::Cancel),
            ("requires_confirmation", OnPay::Confirm, OnUndo::Cancel),
            ("requires_action", OnPay::NeedsCustomer, OnUndo::Cancel),
            ("processing", OnPay::Wait, OnUndo::Wait),
            ("requires_capture", OnPay::Wait, OnUndo::Cancel),
            ("canceled", OnPay::Cancelled, OnUndo::Nothing),
            ("succeeded", OnPay::Paid, OnUndo::Refund),
            ("a_status_of_next_year", OnPay::Wait, OnUndo::Wait),
        ] {
            let read: IntentStatus = serde_json::from_value(json!(status)).unwrap();
            assert_eq!((read.on_pay(), read.on_undo()), (pay, undo), "{status}");
        }
    }

    #[test]
    fn a_refund_is_final_only_when_the_provider_says_so() {
        for (status, settled) in [
            ("pending", Settled::NotYet),
            ("requires_action", Settled::NotYet),
            ("succeeded", Settled::GivenBack),
            ("failed", Settled::NotGivenBack),
            ("canceled", Settled::NotGivenBack),
            ("a_status_of_next_year", Settled::NotYet),
        ] {
            let read: RefundStatus = serde_json::from_value(json!(status)).unwrap();
            assert_eq!(read.settled(), settled, "{status}");
        }
    }
}
