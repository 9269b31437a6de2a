//! The book: every payment intent, its refunds, and every movement of money.

mod entry;
mod refunds;
#[cfg(test)]
mod tests;

use self::entry::{Entry, new_id};
use crate::payment::cards::{Card, GENERIC_DECLINE};
use crate::payment::clock::later;
use crate::payment::error::StripeError;
use crate::payment::ledger::{Movement, MovementStatus, Payment};
use crate::payment::objects::{IntentStatus, NextAction, PaymentIntent};
use crate::payment::requests::{Confirmation, NewIntent};
use crate::payment::settlement::{PaymentEnd, RefundEnd, SettlementPlan};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// The most payment intents, and the most refunds; one more is rejected with 429.
pub const MAX_INTENTS: usize = 1_000_000;

/// Every payment intent by its id, which sorts by the time of its creation, and their money.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: BTreeMap<String, Entry>,
    /// The intent of each refund.
    refunds: HashMap<String, String>,
    /// What settles later, by its time and, at the same time, in the order of its begin.
    due: BTreeMap<(Timestamp, u64), Due>,
    begun: u64,
    movements: Vec<Movement>,
}

/// What settles later.
#[derive(Clone, Debug)]
enum Due {
    Payment(String, PaymentEnd),
    Refund(String, RefundEnd),
}

impl Book {
    /// Creates an intent, and confirms it if asked to.
    ///
    /// # Errors
    ///
    /// The intent cannot be confirmed, or its card declines (it is created all the same); or the book
    /// is full.
    pub(crate) fn create(
        &mut self,
        new: NewIntent,
        now: Timestamp,
        plan: &mut SettlementPlan,
    ) -> Result<PaymentIntent, StripeError> {
        if self.entries.len() >= MAX_INTENTS {
            return Err(full());
        }
        let confirm = new.confirm;
        let entry = Entry::new(new, now);
        let id = entry.intent.id.clone();
        let created = entry.intent.clone();
        self.entries.insert(id.clone(), entry);
        if confirm { self.charge(&id, now, plan) } else { Ok(created) }
    }

    /// Confirms an intent: <https://docs.stripe.com/api/payment_intents/confirm>.
    ///
    /// # Errors
    ///
    /// There is no such intent, it cannot be confirmed in its state, or its card declines.
    pub(crate) fn confirm(
        &mut self,
        id: &str,
        confirmation: Confirmation,
        now: Timestamp,
        plan: &mut SettlementPlan,
    ) -> Result<PaymentIntent, StripeError> {
        let entry = self.entries.get_mut(id).ok_or_else(|| no_such_intent(id, "intent"))?;
        entry.check_confirmable(&confirmation)?;
        if let Some(method) = confirmation.method {
            entry.card = Some(method.card);
            entry.intent.payment_method = Some(method.token);
        }
        self.charge(id, now, plan)
    }

    /// Cancels an intent: <https://docs.stripe.com/api/payment_intents/cancel>.
    ///
    /// # Errors
    ///
    /// There is no such intent, or it cannot be cancelled in its state.
    pub(crate) fn cancel(
        &mut self,
        id: &str,
        reason: Option<String>,
        now: Timestamp,
    ) -> Result<PaymentIntent, StripeError> {
        let entry = self.entries.get_mut(id).ok_or_else(|| no_such_intent(id, "intent"))?;
        entry.check_open("cancel")?;
        let intent = &mut entry.intent;
        intent.status = IntentStatus::Canceled;
        intent.canceled_at = Some(now.as_second());
        intent.cancellation_reason = reason;
        intent.next_action = None;
        Ok(intent.clone())
    }

    /// # Errors
    ///
    /// There is no such intent.
    pub(crate) fn intent(&self, id: &str) -> Result<&PaymentIntent, StripeError> {
        let entry = self.entries.get(id).ok_or_else(|| no_such_intent(id, "intent"))?;
        Ok(&entry.intent)
    }

    /// Settles everything that is due by `now`.
    pub(crate) fn settle(&mut self, now: Timestamp) {
        while let Some(entry) = self.due.first_entry().filter(|entry| entry.key().0 <= now) {
            let at = entry.key().0;
            match entry.remove() {
                Due::Payment(intent, end) => self.settle_payment(&intent, end, at),
                Due::Refund(refund, end) => self.settle_refund(&refund, end, at),
            }
        }
    }

    /// The ledger's entries, oldest first.
    pub(crate) fn payments(&self) -> Vec<Payment> {
        self.entries.values().map(|entry| Payment::of(&entry.intent, &entry.refunds)).collect()
    }

    /// Every movement, in the order of their times.
    pub(crate) fn movements(&self) -> Vec<Movement> {
        self.movements.clone()
    }

    /// Charges the card of an intent that may be confirmed.
    fn charge(
        &mut self,
        id: &str,
        now: Timestamp,
        plan: &mut SettlementPlan,
    ) -> Result<PaymentIntent, StripeError> {
        let entry = self.entries.get_mut(id).ok_or_else(|| no_such_intent(id, "intent"))?;
        let card = entry.card.ok_or_else(|| StripeError::missing("payment_method"))?;
        entry.intent.last_payment_error = None;
        if card == Card::Authenticates {
            entry.intent.status = IntentStatus::RequiresAction;
            entry.intent.next_action = Some(NextAction { kind: "use_stripe_sdk" });
            return Ok(entry.intent.clone());
        }
        entry.intent.next_action = None;
        entry.intent.latest_charge = Some(new_id("ch"));
        let (status, delay) = match card {
            Card::Declines(decline) => (entry.decline(decline), None),
            Card::Accepts(_) | Card::Authenticates => match plan.next_payment() {
                Some(delay) => (entry.process(), Some(delay)),
                None => (entry.succeed(), None),
            },
        };
        let intent = entry.intent.clone();
        self.movements.push(Movement::of_charge(&intent, status, now));
        if let Some((wait, end)) = delay {
            self.later(now, wait, Due::Payment(id.to_owned(), end));
        }
        if status == MovementStatus::Failed {
            Err(StripeError::declined(intent))
        } else {
            Ok(intent)
        }
    }

    fn settle_payment(&mut self, id: &str, end: PaymentEnd, at: Timestamp) {
        let Some(entry) = self.entries.get_mut(id) else { return };
        let status = match end {
            PaymentEnd::Succeed => entry.succeed(),
            PaymentEnd::Fail => entry.decline(GENERIC_DECLINE),
        };
        self.movements.push(Movement::of_charge(&entry.intent, status, at));
    }

    fn later(&mut self, now: Timestamp, wait: Duration, due: Due) {
        self.begun += 1;
        self.due.insert((later(now, wait), self.begun), due);
    }
}

fn no_such_intent(id: &str, param: &str) -> StripeError {
    StripeError::missing_resource(param, format!("No such payment_intent: '{id}'"))
}

fn full() -> StripeError {
    StripeError::full(format!(
        "the simulator stores at most {MAX_INTENTS} payment intents and as many refunds; restart it"
    ))
}
