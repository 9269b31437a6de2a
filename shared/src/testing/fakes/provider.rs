//! A payment provider in memory, with the semantics of Stripe: an intent is charged at most once, no
//! more is refunded than was charged, and a repeated key gets the first response.

use super::{Shared, lock};
use crate::domain::Money;
use crate::domain::payment::{IntentStatus, OnUndo, RefundStatus, Settled};
use crate::ports::{
    Failure, Intent, IntentRequest, Provider, ProviderAnswer, RefundObject, RefundRequest, Result,
};
use std::collections::{HashMap, VecDeque};

/// A fault of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is lost.
    Lost,
    /// The request is executed, and its response is lost.
    AnswerLost,
    /// The request fails, and the failure is stored as the response to its key.
    Saved,
    /// A confirmation declines the card.
    Declined,
    /// A confirmation leaves the intent in this state.
    Intent(IntentStatus),
    /// A refund is created in this state.
    Refund(RefundStatus),
}

/// A payment provider that charges everything, unless a fault is injected.
#[derive(Debug, Clone, Default)]
pub struct FakeProvider(Shared<Books>);

#[derive(Debug, Default)]
struct Books {
    calls: Vec<&'static str>,
    faults: VecDeque<(&'static str, Fault)>,
    intents: Vec<(Intent, i64)>,
    refunds: Vec<(RefundObject, String, i64)>,
    keys: HashMap<String, Option<String>>,
}

impl FakeProvider {
    /// The calls, in order: `create`, `confirm`, `cancel`, `read`, `refund`, `refunds`.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        lock(&self.0).calls.clone()
    }

    /// Injects `fault` into the next call of `call` without one.
    pub fn inject(&self, call: &'static str, fault: Fault) {
        lock(&self.0).faults.push_back((call, fault));
    }

    /// What was charged and what of it was refunded, in minor units.
    #[must_use]
    pub fn balance(&self) -> (i64, i64) {
        let books = lock(&self.0);
        let charged = books.intents.iter().filter(|(it, _)| it.status == IntentStatus::Succeeded);
        let refunded = books.refunds.iter().filter(|(it, ..)| it.status == RefundStatus::Succeeded);
        (charged.map(|(_, amount)| amount).sum(), refunded.map(|(_, _, amount)| amount).sum())
    }

    /// The statuses of the intents, oldest first.
    #[must_use]
    pub fn intents(&self) -> Vec<IntentStatus> {
        lock(&self.0).intents.iter().map(|(intent, _)| intent.status).collect()
    }

    /// Settles the intent with index `nth`.
    pub fn decide(&self, nth: usize, status: IntentStatus) {
        lock(&self.0).intents[nth].0.status = status;
    }

    /// Makes the provider report another amount for the intent with index `nth`.
    pub fn misreport(&self, nth: usize, amount: Money) {
        lock(&self.0).intents[nth].0.amount = Some(amount);
    }

    /// Settles the refund with index `nth`.
    pub fn decide_refund(&self, nth: usize, status: RefundStatus) {
        lock(&self.0).refunds[nth].0.status = status;
    }

    /// Settles all pending refunds.
    pub fn decide_pending_refunds(&self, status: RefundStatus) {
        let mut books = lock(&self.0);
        let pending = |(refund, ..): &&mut (RefundObject, String, i64)| {
            refund.status.settled() == Settled::NotYet
        };
        books.refunds.iter_mut().filter(pending).for_each(|(refund, ..)| refund.status = status);
    }

    /// Drops the remaining faults.
    pub fn drop_faults(&self) {
        lock(&self.0).faults.clear();
    }

    /// Expires all idempotency keys, as after a day.
    pub fn forget_keys(&self) {
        lock(&self.0).keys.clear();
    }
}

impl Books {
    fn begin(&mut self, call: &'static str) -> Result<Option<Fault>> {
        self.calls.push(call);
        let found = self.faults.iter().position(|(faulty, _)| *faulty == call);
        let fault = found.and_then(|found| self.faults.remove(found)).map(|(_, fault)| fault);
        if fault == Some(Fault::Lost) { Err(failed("lost").into()) } else { Ok(fault) }
    }

    fn intent(&mut self, id: &str) -> Result<&mut Intent> {
        let found = self.intents.iter_mut().find(|(intent, _)| intent.id == id);
        Ok(found.map(|(intent, _)| intent).ok_or_else(|| failed("no such intent"))?)
    }

    fn confirm(&mut self, id: &str, fault: Option<Fault>) -> Result<ProviderAnswer<Intent>> {
        let intent = self.intent(id)?;
        if intent.status != IntentStatus::RequiresConfirmation {
            return Err(failed("payment_intent_unexpected_state").into());
        }
        match fault {
            Some(Fault::Declined) => {
                intent.status = IntentStatus::RequiresPaymentMethod;
                intent.declined = Some("card_declined".to_owned());
                return Ok(ProviderAnswer::Declined("card_declined".to_owned()));
            }
            Some(Fault::Intent(status)) => intent.status = status,
            _ => intent.status = IntentStatus::Succeeded,
        }
        Ok(ProviderAnswer::Done(intent.clone()))
    }

    fn refund(&mut self, request: &RefundRequest, fault: Option<Fault>) -> Result<RefundObject> {
        let charged = self.intents.iter().find(|(intent, _)| intent.id == request.intent);
        let charged = charged.map_or(0, |(_, amount)| *amount);
        let counts = |(refund, intent, _): &&(RefundObject, String, i64)| {
            *intent == request.intent && refund.status.settled() != Settled::NotGivenBack
        };
        let refunded: i64 = self.refunds.iter().filter(counts).map(|(.., amount)| amount).sum();
        if refunded + request.amount.amount() > charged {
            return Err(failed("charge_already_refunded").into());
        }
        let status = match fault {
            Some(Fault::Refund(status)) => status,
            _ => RefundStatus::Succeeded,
        };
        let id = format!("re_{}", self.refunds.len());
        let refund_id = Some(request.refund_id.to_string());
        let amount = Some(request.amount);
        let refund = RefundObject { id, refund_id, status, amount };
        self.refunds.push((refund.clone(), request.intent.clone(), request.amount.amount()));
        Ok(refund)
    }
}

impl Provider for FakeProvider {
    async fn create(&self, request: &IntentRequest, key: &str) -> Result<ProviderAnswer<Intent>> {
        let mut books = lock(&self.0);
        let fault = books.begin("create")?;
        if fault == Some(Fault::Saved) {
            books.keys.insert(key.to_owned(), None);
        }
        let known = match books.keys.get(key) {
            Some(None) => return Ok(ProviderAnswer::KeySpent(failed("saved"))),
            Some(Some(known)) => Some(known.clone()),
            None => None,
        };
        let status = IntentStatus::RequiresConfirmation;
        let id = known.clone().unwrap_or_else(|| format!("pi_{}", books.intents.len()));
        // As stored under the key: its state when it was created.
        let amount = Some(request.charge.amount);
        let intent = Intent { id: id.clone(), status, declined: None, amount };
        if known.is_none() {
            books.intents.push((intent.clone(), request.charge.amount.amount()));
            books.keys.insert(key.to_owned(), Some(id));
        }
        answered(fault, ProviderAnswer::Done(intent))
    }

    async fn confirm(&self, intent: &str) -> Result<ProviderAnswer<Intent>> {
        // Yields to other tasks.
        tokio::task::yield_now().await;
        let mut books = lock(&self.0);
        let fault = books.begin("confirm")?;
        if fault == Some(Fault::Saved) {
            return Ok(ProviderAnswer::KeySpent(failed("an internal error")));
        }
        let answer = books.confirm(intent, fault)?;
        answered(fault, answer)
    }

    async fn cancel(&self, intent: &str) -> Result<Intent> {
        tokio::task::yield_now().await;
        let mut books = lock(&self.0);
        let fault = books.begin("cancel")?;
        let found = books.intent(intent)?;
        if found.status.on_undo() != OnUndo::Cancel {
            return Err(failed("payment_intent_unexpected_state").into());
        }
        found.status = IntentStatus::Canceled;
        let found = found.clone();
        answered(fault, found)
    }

    async fn read(&self, intent: &str) -> Result<Intent> {
        let mut books = lock(&self.0);
        let fault = books.begin("read")?;
        let found = books.intent(intent)?.clone();
        answered(fault, found)
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> Result<ProviderAnswer<RefundObject>> {
        let mut books = lock(&self.0);
        let fault = books.begin("refund")?;
        if fault == Some(Fault::Saved) {
            books.keys.insert(key.to_owned(), None);
        }
        match books.keys.get(key).cloned() {
            Some(None) => return Ok(ProviderAnswer::KeySpent(failed("saved"))),
            Some(Some(id)) => {
                let known = books.refunds.iter().find(|(refund, ..)| refund.id == id);
                let known = known.map(|(refund, ..)| refund.clone());
                return Ok(ProviderAnswer::Done(
                    known.ok_or_else(|| failed("there is no such refund"))?,
                ));
            }
            None => {}
        }
        let refund = books.refund(request, fault)?;
        books.keys.insert(key.to_owned(), Some(refund.id.clone()));
        answered(fault, ProviderAnswer::Done(refund))
    }

    async fn refunds(&self, intent: &str) -> Result<Vec<RefundObject>> {
        let mut books = lock(&self.0);
        let fault = books.begin("refunds")?;
        let of_intent = books.refunds.iter().filter(|(_, refunded, _)| refunded == intent);
        let found = of_intent.rev().map(|(refund, ..)| refund.clone()).collect();
        answered(fault, found)
    }
}

fn answered<T>(fault: Option<Fault>, answer: T) -> Result<T> {
    if fault == Some(Fault::AnswerLost) {
        Err(failed("its response is lost").into())
    } else {
        Ok(answer)
    }
}

fn failed(why: &'static str) -> Failure {
    Failure::new("fake provider", "serve a request", why)
}
