//! The test cards: <https://docs.stripe.com/testing>, payment methods whose token decides what happens to a charge.

/// What a known payment method does when it is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    Accepts,
    Declines(Decline),
}

/// How a card is declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    /// Stripe's `decline_code`.
    pub(crate) reason: Option<&'static str>,
    pub(crate) message: &'static str,
}

impl Card {
    /// The card behind a token such as `pm_card_visa`; None if there is none.
    pub(crate) fn of(token: &str) -> Option<Self> {
        let brand_or_fault = token.strip_prefix("pm_card_")?;
        match brand_or_fault {
            "visa" | "visa_debit" | "mastercard" | "mastercard_debit" | "mastercard_prepaid"
            | "amex" | "discover" | "diners" | "jcb" | "unionpay" => Some(Self::Accepts),
            fault => decline(fault).map(Self::Declines),
        }
    }
}

fn decline(fault: &str) -> Option<Decline> {
    let (code, reason, message) = match fault {
        "chargeDeclined" => ("card_declined", Some("generic_decline"), "Your card was declined."),
        "chargeDeclinedInsufficientFunds" => {
            ("card_declined", Some("insufficient_funds"), "Your card has insufficient funds.")
        }
        "chargeDeclinedLostCard" => ("card_declined", Some("lost_card"), "Your card was declined."),
        "chargeDeclinedStolenCard" => {
            ("card_declined", Some("stolen_card"), "Your card was declined.")
        }
        "chargeDeclinedFraudulent" => {
            ("card_declined", Some("fraudulent"), "Your card was declined.")
        }
        "chargeDeclinedExpiredCard" => ("expired_card", None, "Your card has expired."),
        "chargeDeclinedIncorrectCvc" => {
            ("incorrect_cvc", None, "Your card's security code is incorrect.")
        }
        "chargeDeclinedProcessingError" => {
            let message =
                "An error occurred while processing your card. Try again in a little bit.";
            ("processing_error", None, message)
        }
        _ => return None,
    };
    Some(Decline { code, reason, message })
}
