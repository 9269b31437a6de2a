//! The book: every payment intent, and what was refunded of it.

use crate::clock::now;
use crate::payment::cards::{Card, Decline};
use crate::payment::error::StripeError;
use crate::payment::ledger::{Outcome, Payment};
use crate::payment::objects::{ErrorObject, IntentStatus, PaymentIntent, Refund};
use crate::payment::requests::{NewIntent, NewRefund};
use std::collections::BTreeMap;
use thiserror::Error;
use uuid::Uuid;

/// Payment intents kept until the process ends; one beyond them is rejected with 429.
pub const MAX_INTENTS: usize = 1_000_000;

/// Every payment intent by its id, which sorts by the time of its creation.
#[derive(Debug, Default)]
pub(crate) struct Book(BTreeMap<String, Entry>);

#[derive(Debug)]
struct Entry {
    intent: PaymentIntent,
    /// Minor units, at most `intent.amount_received`.
    refunded: u64,
    refunds: u64,
}

/// Why no money was taken.
#[derive(Debug, Error)]
pub(crate) enum ChargeError {
    #[error("the card was declined")]
    Declined(Box<PaymentIntent>),
    #[error("the simulator keeps at most {MAX_INTENTS} payment intents; restart it")]
    Full,
}

/// Why no money was refunded.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum RefundError {
    #[error("there is no payment intent {0}")]
    NoSuchIntent(String),
    #[error("payment intent {0} was never charged")]
    NeverCharged(String),
    #[error("charge {0} is already refunded in full")]
    AlreadyRefunded(String),
    #[error("{asked} is more than the {left} {currency} left")]
    TooMuch { asked: u64, left: u64, currency: String },
}

impl From<ChargeError> for StripeError {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Declined(intent) => Self::declined(*intent),
            ChargeError::Full => Self::full(error.to_string()),
        }
    }
}

impl From<RefundError> for StripeError {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NoSuchIntent(id) => Self::no_such_intent(&id, "payment_intent"),
            RefundError::NeverCharged(id) => Self::parameter(
                "payment_intent",
                format!("This PaymentIntent ({id}) does not have a successful charge to refund."),
            ),
            RefundError::AlreadyRefunded(charge) => {
                let message = format!("Charge {charge} has already been refunded.");
                Self::rejected(message).coded("charge_already_refunded")
            }
            RefundError::TooMuch { asked, left, currency } => Self::parameter(
                "amount",
                format!(
                    "Refund amount ({asked} {currency}) is greater than unrefunded amount on \
                     charge ({left} {currency})"
                ),
            ),
        }
    }
}

impl Book {
    /// Creates an intent and charges its card.
    ///
    /// # Errors
    ///
    /// The card declines (the intent is kept all the same), or the book is full.
    pub(crate) fn charge(&mut self, new: NewIntent) -> Result<PaymentIntent, ChargeError> {
        if self.0.len() >= MAX_INTENTS {
            return Err(ChargeError::Full);
        }
        let intent = confirmed(new);
        let entry = Entry { intent: intent.clone(), refunded: 0, refunds: 0 };
        self.0.insert(intent.id.clone(), entry);
        match intent.status {
            IntentStatus::Succeeded => Ok(intent),
            IntentStatus::RequiresPaymentMethod => Err(ChargeError::Declined(Box::new(intent))),
        }
    }

    /// Refunds part or all of what an intent took.
    ///
    /// # Errors
    ///
    /// There is no such intent, or less left on it than asked for.
    pub(crate) fn refund(&mut self, new: NewRefund) -> Result<Refund, RefundError> {
        let Some(entry) = self.0.get_mut(&new.payment_intent) else {
            return Err(RefundError::NoSuchIntent(new.payment_intent));
        };
        let amount = entry.refundable(new.amount)?;
        entry.refunded += amount;
        entry.refunds += 1;
        assert!(entry.refunded <= entry.intent.amount_received, "refunded more than was charged");
        Ok(Refund {
            id: new_id("re"),
            object: "refund",
            amount,
            charge: entry.intent.latest_charge.clone(),
            created: now().as_second(),
            currency: entry.intent.currency.clone(),
            metadata: new.metadata,
            payment_intent: new.payment_intent,
            reason: new.reason,
            status: "succeeded",
        })
    }

    pub(crate) fn intent(&self, id: &str) -> Option<&PaymentIntent> {
        self.0.get(id).map(|entry| &entry.intent)
    }

    /// The ledger's entries, oldest first.
    pub(crate) fn payments(&self) -> Vec<Payment> {
        self.0.values().map(Entry::payment).collect()
    }
}

impl Entry {
    /// The amount to refund when `asked` for it, or for all that is left.
    fn refundable(&self, asked: Option<u64>) -> Result<u64, RefundError> {
        let left = self.intent.amount_received - self.refunded;
        match (self.intent.status, asked) {
            (IntentStatus::RequiresPaymentMethod, _) => {
                Err(RefundError::NeverCharged(self.intent.id.clone()))
            }
            (IntentStatus::Succeeded, _) if left == 0 => {
                Err(RefundError::AlreadyRefunded(self.intent.latest_charge.clone()))
            }
            (IntentStatus::Succeeded, Some(asked)) if asked > left => {
                Err(RefundError::TooMuch { asked, left, currency: self.intent.currency.clone() })
            }
            (IntentStatus::Succeeded, asked) => Ok(asked.unwrap_or(left)),
        }
    }

    fn payment(&self) -> Payment {
        Payment {
            payment_intent: self.intent.id.clone(),
            order_id: self.intent.metadata.get("order_id").cloned(),
            amount: self.intent.amount,
            currency: self.intent.currency.clone(),
            outcome: match self.intent.status {
                IntentStatus::Succeeded => Outcome::Charged,
                IntentStatus::RequiresPaymentMethod => Outcome::Declined,
            },
            refunded: self.refunded,
            refunds: self.refunds,
        }
    }
}

/// The intent as its card leaves it.
fn confirmed(new: NewIntent) -> PaymentIntent {
    let latest_charge = new_id("ch");
    let (status, amount_received, payment_method, last_payment_error) = match new.card {
        Card::Accepts => (IntentStatus::Succeeded, new.amount, Some(new.payment_method), None),
        Card::Declines(decline) => {
            let error = Box::new(card_error(decline, &latest_charge));
            (IntentStatus::RequiresPaymentMethod, 0, None, Some(error))
        }
    };
    PaymentIntent {
        id: new_id("pi"),
        object: "payment_intent",
        amount: new.amount,
        amount_received,
        created: now().as_second(),
        currency: new.currency,
        description: new.description,
        last_payment_error,
        latest_charge,
        livemode: false,
        metadata: new.metadata,
        payment_method,
        status,
    }
}

fn card_error(decline: Decline, charge: &str) -> ErrorObject {
    ErrorObject {
        code: Some(decline.code),
        decline_code: decline.reason,
        charge: Some(charge.to_owned()),
        ..ErrorObject::new("card_error", decline.message)
    }
}

fn new_id(prefix: &str) -> String {
    format!("{prefix}_{}", Uuid::now_v7().simple())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Charge { order: u8, amount: u64, declines: bool },
        Refund { nth: usize, amount: Option<u64> },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let charge = (0..3_u8, 1..1000_u64, any::<bool>())
            .prop_map(|(order, amount, declines)| Step::Charge { order, amount, declines });
        let refund = (0..8_usize, proptest::option::of(1..1000_u64))
            .prop_map(|(nth, amount)| Step::Refund { nth, amount });
        proptest::collection::vec(prop_oneof![charge, refund], 0..40)
    }

    fn new_intent(order: u8, amount: u64, declines: bool) -> NewIntent {
        let token = if declines { "pm_card_chargeDeclined" } else { "pm_card_visa" };
        NewIntent {
            amount,
            currency: "eur".to_owned(),
            payment_method: token.to_owned(),
            card: Card::of(token).unwrap(),
            description: None,
            metadata: BTreeMap::from([("order_id".to_owned(), order.to_string())]),
        }
    }

    fn new_refund(payment_intent: String, amount: Option<u64>) -> NewRefund {
        NewRefund { payment_intent, amount, reason: None, metadata: BTreeMap::new() }
    }

    proptest! {
        #[test]
        fn what_is_given_back_adds_up_and_never_exceeds_what_was_taken(steps in steps()) {
            let mut book = Book::default();
            let (mut charged, mut refunded) = (0, 0);
            for step in steps {
                match step {
                    Step::Charge { order, amount, declines } => {
                        let taken = book.charge(new_intent(order, amount, declines)).is_ok();
                        prop_assert_eq!(taken, !declines);
                        charged += if taken { amount } else { 0 };
                    }
                    Step::Refund { nth, amount } => {
                        let id = book.0.keys().nth(nth).cloned().unwrap_or_default();
                        refunded += book.refund(new_refund(id, amount)).map_or(0, |it| it.amount);
                    }
                }
                let payments = book.payments();
                prop_assert!(payments.iter().all(|it| it.refunded <= it.charged()));
                prop_assert_eq!(payments.iter().map(Payment::charged).sum::<u64>(), charged);
                prop_assert_eq!(payments.iter().map(|it| it.refunded).sum::<u64>(), refunded);
            }
        }
    }

    #[test]
    fn payments_are_listed_in_the_order_they_came() {
        let mut book = Book::default();
        for amount in 1..=100 {
            book.charge(new_intent(0, amount, false)).unwrap();
        }
        let amounts: Vec<u64> = book.payments().iter().map(|it| it.amount).collect();
        assert_eq!(amounts, (1..=100).collect::<Vec<_>>());
    }
}
