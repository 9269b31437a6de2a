//! An intent of the book, and its state transitions:
//! <https://docs.stripe.com/payments/paymentintents/lifecycle>.

use crate::payment::cards::{Card, Decline};
use crate::payment::error::StripeError;
use crate::payment::ledger::MovementStatus;
use crate::payment::objects::{ErrorObject, IntentStatus, PaymentIntent, Refund};
use crate::payment::requests::{Confirmation, NewIntent};
use jiff::Timestamp;
use uuid::Uuid;

/// An intent, the card behind its payment method, and its refunds.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) intent: PaymentIntent,
    pub(super) card: Option<Card>,
    /// In the order of their creation.
    pub(super) refunds: Vec<Refund>,
}

impl Entry {
    pub(super) fn new(new: NewIntent, now: Timestamp) -> Self {
        let (payment_method, card) =
            new.confirmation.method.map(|method| (method.token, method.card)).unzip();
        let status = match card {
            Some(_) => IntentStatus::RequiresConfirmation,
            None => IntentStatus::RequiresPaymentMethod,
        };
        let intent = PaymentIntent {
            id: new_id("pi"),
            object: "payment_intent",
            amount: new.amount,
            amount_received: 0,
            automatic_payment_methods: new.automatic_payment_methods,
            canceled_at: None,
            cancellation_reason: None,
            created: now.as_second(),
            currency: new.currency,
            description: new.description,
            last_payment_error: None,
            latest_charge: None,
            livemode: false,
            metadata: new.metadata,
            next_action: None,
            payment_method,
            status,
        };
        Self { intent, card, refunds: Vec::new() }
    }

    pub(super) fn succeed(&mut self) -> MovementStatus {
        self.intent.status = IntentStatus::Succeeded;
        self.intent.amount_received = self.intent.amount;
        MovementStatus::Succeeded
    }

    pub(super) fn process(&mut self) -> MovementStatus {
        self.intent.status = IntentStatus::Processing;
        MovementStatus::Pending
    }

    /// The intent then waits for another method.
    pub(super) fn decline(&mut self, decline: Decline) -> MovementStatus {
        self.card = None;
        self.intent.status = IntentStatus::RequiresPaymentMethod;
        self.intent.payment_method = None;
        self.intent.last_payment_error = Some(Box::new(ErrorObject {
            code: Some(decline.code),
            decline_code: decline.reason,
            charge: self.intent.latest_charge.clone(),
            ..ErrorObject::new("card_error", decline.message)
        }));
        MovementStatus::Failed
    }

    /// Checks that the intent is neither charged, being charged nor cancelled.
    ///
    /// # Errors
    ///
    /// It is, so that it cannot be `verb`ed.
    pub(super) fn check_open(&self, verb: &str) -> Result<(), StripeError> {
        let status = self.intent.status;
        match status {
            IntentStatus::RequiresPaymentMethod
            | IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction => Ok(()),
            IntentStatus::Processing | IntentStatus::Succeeded | IntentStatus::Canceled => {
                let message = format!(
                    "You cannot {verb} this PaymentIntent because it has a status of {}.",
                    status.name()
                );
                Err(StripeError::unexpected_state(message, self.intent.clone()))
            }
        }
    }

    /// Checks that a confirmation may charge the intent.
    ///
    /// # Errors
    ///
    /// The intent is not open, or the confirmation lacks a payment method or a return URL.
    pub(super) fn check_confirmable(&self, confirmation: &Confirmation) -> Result<(), StripeError> {
        self.check_open("confirm")?;
        let intent = &self.intent;
        if confirmation.method.is_none() && intent.payment_method.is_none() {
            return Err(StripeError::no_method());
        }
        if intent.automatic_payment_methods.may_redirect() && !confirmation.has_return_url {
            return Err(StripeError::no_return_url());
        }
        Ok(())
    }
}

/// A random id that sorts by the time at which it was made.
pub(super) fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}
