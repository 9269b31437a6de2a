//! The test cards: <https://docs.stripe.com/testing>, payment methods whose token decides what
//! happens to a charge and its refunds.

/// How a charge of a test card ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    Accepts(RefundCourse),
    Declines(Decline),
    /// Always asks the customer: <https://docs.stripe.com/testing#regulatory-cards>.
    Authenticates,
}

/// How the refunds of a test card end: <https://docs.stripe.com/testing#refunds>.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefundCourse {
    /// They succeed immediately.
    Succeed,
    /// They are pending, and succeed some time later.
    SucceedLater,
    /// They succeed at first, and fail some time later.
    FailLater,
}

/// Why a card is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    /// Stripe's `decline_code`.
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: &'static str,
}

/// How a payment that was processing fails.
pub(crate) const GENERIC_DECLINE: Decline = Decline {
    code: "card_declined",
    reason: Some("generic_decline"),
    message: "Your card was declined.",
};

impl Card {
    /// The card behind a token such as `pm_card_visa`; None if there is none.
    pub(crate) fn of(token: &str) -> Option<Self> {
        match token.strip_prefix("pm_card_")? {
            "visa" | "visa_debit" | "mastercard" | "mastercard_debit" | "mastercard_prepaid"
            | "amex" | "discover" | "diners" | "jcb" | "unionpay" => {
                Some(Self::Accepts(RefundCourse::Succeed))
            }
            "pendingRefund" => Some(Self::Accepts(RefundCourse::SucceedLater)),
            "refundFail" => Some(Self::Accepts(RefundCourse::FailLater)),
            "authenticationRequired" => Some(Self::Authenticates),
            fault => {
                let fault = fault.strip_prefix("visa_").unwrap_or(fault);
                decline(fault.strip_prefix("chargeDeclined")?).map(Self::Declines)
            }
        }
    }
}

fn decline(fault: &str) -> Option<Decline> {
    let declined = |reason, message| Decline { reason: Some(reason), message, ..GENERIC_DECLINE };
    let failed = |code, message| Decline { code, reason: None, message };
    let message = GENERIC_DECLINE.message;
    Some(match fault {
        "" => GENERIC_DECLINE,
        "InsufficientFunds" => declined("insufficient_funds", "Your card has insufficient funds."),
        "LostCard" => declined("lost_card", message),
        "StolenCard" => declined("stolen_card", message),
        "Fraudulent" => declined("fraudulent", message),
        "VelocityLimitExceeded" => declined("card_velocity_exceeded", message),
        "ExpiredCard" => failed("expired_card", "Your card has expired."),
        "IncorrectCvc" => failed("incorrect_cvc", "Your card's security code is incorrect."),
        "ProcessingError" => failed(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
        _ => return None,
    })
}
