//! Payments follow the provider's own object: it is created before it is confirmed, and what is
//! unclear is settled by reading it, never by asking for the charge again.

mod agreement;
mod events;
mod refunds;
mod settle;

use super::due::Page;
use super::sweep;
use crate::domain::payment::{Charge, IntentStatus, OnPay, Owner, Payment, PaymentState, RefundId};
use crate::domain::{Money, OrderId, PaymentId, Refusal};
use crate::observe;
use crate::ports::{
    Chain, Clock, Documents, Error, Failure, Intent, IntentRequest, Payments, Provider,
    ProviderAnswer, Publisher, Result, document,
};
use jiff::SignedDuration;

/// Stores payments, calls the provider, and publishes what happened.
#[derive(Debug, Clone)]
pub struct PaymentService<D, I, V, P, C> {
    /// The payments.
    pub documents: D,
    /// The payments of callers by due time.
    pub index: I,
    /// The payment provider.
    pub provider: V,
    /// The broker.
    pub publisher: P,
    /// The clock.
    pub clock: C,
    /// How long a caller has to repeat a request that was left undecided.
    pub overdue_after: SignedDuration,
}

impl<D, I, V, P, C> Payments for PaymentService<D, I, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    I: Documents<String, Page<PaymentId>>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    async fn charge(&self, by: Owner, charge: &Charge) -> Result<Payment> {
        let payment = self.intend(by, charge).await?;
        payment.serves(charge)?;
        self.expect_caller(&payment).await?;
        let payment = self.pay(payment).await?;
        self.publish_state(&payment).await?;
        match &payment.state {
            PaymentState::Refused(refusal) => Err(refusal.clone().into()),
            PaymentState::Cancelled => Err(Refusal::PaymentVoided.into()),
            _ if payment.called_off => Err(Refusal::PaymentVoided.into()),
            PaymentState::Intended
            | PaymentState::Created { .. }
            | PaymentState::Charged { .. }
            | PaymentState::Refunded { .. } => Ok(payment),
        }
    }

    async fn void(&self, order: &OrderId) -> Result<Option<Money>> {
        let call_off = |found: Option<Payment>| {
            let Some(mut payment) = found else { return (Payment::voided(order.clone()), ()) };
            payment.call_off();
            (payment, ())
        };
        let (payment, ()) = self.documents.update(&PaymentId::of(order), call_off).await?;
        self.undo(payment).await
    }

    async fn refund(
        &self,
        by: Owner,
        id: &PaymentId,
        refund: &RefundId,
        amount: Option<Money>,
    ) -> Result<Option<Payment>> {
        let Some(payment) = document(&self.documents, id).await? else { return Ok(None) };
        if payment.by != by {
            return Err(Refusal::PaymentOfAnOrder { order_id: payment.order_id }.into());
        }
        self.schedule(&payment).await?;
        let payment = self.recheck_refunds(payment).await?;
        let payment = self.decide(payment, amount.is_none()).await?;
        self.give_back(payment, refund, amount).await.map(Some)
    }

    async fn find(&self, id: &PaymentId) -> Result<Option<Payment>> {
        document(&self.documents, id).await
    }

    async fn review(&self, id: &PaymentId) -> Result<Option<Payment>> {
        match document(&self.documents, id).await? {
            Some(payment) => self.recheck_refunds(payment).await.map(Some),
            None => Ok(None),
        }
    }

    async fn settle(&self, id: &PaymentId) -> Result<Option<SignedDuration>> {
        match document(&self.documents, id).await? {
            Some(payment) => self.settle_payment(payment).await,
            None => Ok(None),
        }
    }

    async fn sweep(&self) -> Result<()> {
        sweep::sweep(&self.index, &self.clock, self).await
    }
}

impl<D, I, V, P, C> PaymentService<D, I, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    I: Documents<String, Page<PaymentId>>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    async fn intend(&self, by: Owner, charge: &Charge) -> Result<Payment> {
        let intend = |found: Option<Payment>| {
            let mut payment = found.unwrap_or_else(|| Payment::intended(by, charge.clone()));
            payment.try_another(charge);
            (payment, ())
        };
        // Nearly all are charged once, so this writes first.
        Ok(self.documents.update_from(None, &by.payment_id(&charge.order_id), intend).await?.0)
    }

    /// Advances a payment to the provider's decision.
    async fn pay(&self, payment: Payment) -> Result<Payment> {
        let (payment, intent) = match &payment.state {
            PaymentState::Intended => self.create(payment).await?,
            PaymentState::Created { intent } => {
                let intent = self.provider.read(intent).await?;
                (payment, Some(intent))
            }
            PaymentState::Charged { .. }
            | PaymentState::Refused(_)
            | PaymentState::Cancelled
            | PaymentState::Refunded { .. } => (payment, None),
        };
        match (&payment.state, intent) {
            (PaymentState::Created { .. }, Some(intent)) if !payment.called_off => {
                self.follow(payment, intent).await
            }
            _ => Ok(payment),
        }
    }

    /// Creates the intent, which charges nothing yet, and records its id before it is confirmed.
    async fn create(&self, payment: Payment) -> Result<(Payment, Option<Intent>)> {
        let Some(charge) = payment.charge.clone() else { return Ok((payment, None)) };
        let request =
            IntentRequest { payment_id: payment.payment_id.clone(), by: payment.by, charge };
        match self.provider.create(&request, &payment.creation_key()).await? {
            ProviderAnswer::Done(intent) => {
                let created = PaymentState::Created { intent: intent.id.clone() };
                self.adopt(self.advance(&payment, created).await?, intent).await
            }
            ProviderAnswer::Declined(code) => {
                let declined = PaymentState::Refused(Refusal::PaymentDeclined { code });
                Ok((self.advance(&payment, declined).await?, None))
            }
            ProviderAnswer::KeySpent(failure) => {
                let spent = payment.spent_keys + 1;
                let note = |found: &mut Payment| found.spent_keys = found.spent_keys.max(spent);
                self.change(&payment, note).await?;
                Err(failure.into())
            }
        }
    }

    /// Discards an intent if another attempt, or a cancellation, was faster.
    async fn adopt(&self, payment: Payment, intent: Intent) -> Result<(Payment, Option<Intent>)> {
        match payment.intent() {
            Some(id) if id == intent.id => Ok((payment, Some(intent))),
            Some(faster) => {
                self.abandon(&intent.id).await;
                let faster = self.provider.read(faster).await?;
                Ok((payment, Some(faster)))
            }
            None => {
                self.abandon(&intent.id).await;
                Ok((payment, None))
            }
        }
    }

    /// Confirms the intent if it has not been, and records the result.
    async fn follow(&self, payment: Payment, intent: Intent) -> Result<Payment> {
        agreement::of_intent(&payment, &intent)?;
        if intent.status.on_pay() != OnPay::Confirm {
            return self.write_down(payment, intent).await;
        }
        match self.provider.confirm(&intent.id).await? {
            ProviderAnswer::Done(intent) => self.write_down(payment, intent).await,
            ProviderAnswer::Declined(code) => {
                let status = IntentStatus::RequiresPaymentMethod;
                self.write_down(payment, Intent { status, declined: Some(code), ..intent }).await
            }
            ProviderAnswer::KeySpent(failure) => Err(failure.into()),
        }
    }

    async fn write_down(&self, payment: Payment, intent: Intent) -> Result<Payment> {
        agreement::of_intent(&payment, &intent)?;
        let next = match intent.status.on_pay() {
            OnPay::Paid => PaymentState::Charged { reference: intent.id.clone() },
            OnPay::Declined => PaymentState::Refused(declined(&intent)),
            OnPay::NeedsCustomer => PaymentState::Refused(Refusal::PaymentNeedsCustomer),
            OnPay::Cancelled => PaymentState::Cancelled,
            OnPay::Confirm | OnPay::Wait => return Err(undecided("charge", intent.status)),
        };
        let payment = self.advance(&payment, next).await?;
        if matches!(payment.state, PaymentState::Refused(_)) {
            self.abandon(&intent.id).await;
        }
        Ok(payment)
    }

    /// Cancels an intent that can no longer charge anything: it lacks a confirmation, a payment method,
    /// or a customer who could act on it. So it may also stay open.
    async fn abandon(&self, intent: &str) {
        if let Err(error) = self.provider.cancel(intent).await {
            tracing::warn!(intent, error = %Chain(&error), "intent {intent}, which charges nothing, could not be cancelled");
        }
    }

    async fn advance(&self, payment: &Payment, next: PaymentState) -> Result<Payment> {
        let mut moved = false;
        let advance = |found: &mut Payment| moved = found.advance(next.clone());
        let payment = self.change(payment, advance).await?;
        if moved {
            observe::payment(payment.state.name());
        }
        Ok(payment)
    }

    async fn change(
        &self,
        payment: &Payment,
        mut change: impl FnMut(&mut Payment) + Send,
    ) -> Result<Payment> {
        let changed = |found: Option<Payment>| {
            let mut found = found.unwrap_or_else(|| payment.clone());
            change(&mut found);
            (found, ())
        };
        Ok(self.documents.update(&payment.payment_id, changed).await?.0)
    }
}

fn declined(intent: &Intent) -> Refusal {
    let code = intent.declined.clone();
    Refusal::PaymentDeclined { code: code.unwrap_or_else(|| "payment_method_required".to_owned()) }
}

fn undecided(operation: &'static str, status: IntentStatus) -> Error {
    let why = format!("the intent is {status:?}: it is read again");
    Failure::new("payment provider", operation, why).into()
}

#[cfg(test)]
mod tests;
