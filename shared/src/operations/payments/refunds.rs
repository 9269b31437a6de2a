//! Undoing payments: what has not succeeded is cancelled, what has is refunded, and what is pending
//! is awaited.

use super::agreement::agree;
use super::{PaymentService, undecided};
use crate::domain::payment::{
    OnUndo, Payment, PaymentState, Refund, RefundId, RefundState, Settled,
};
use crate::domain::{Money, PaymentId};
use crate::observe;
use crate::operations::due::Page;
use crate::ports::{
    Clock, Documents, Failure, Provider, ProviderAnswer, Publisher, RefundObject, RefundRequest,
    Result,
};

impl<D, I, V, P, C> PaymentService<D, I, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    I: Documents<String, Page<PaymentId>>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    /// Undoes a payment that was cancelled; returns the total refunded, if any.
    pub(super) async fn undo(&self, payment: Payment) -> Result<Option<Money>> {
        let payment = self.cancel(payment).await?;
        let payment = self.give_back(payment, &RefundId::undo(), None).await?;
        if payment.kept() == 0 {
            return Ok(payment.given_back());
        }
        let why = match payment.refund(&RefundId::undo()).map(|refund| refund.state) {
            Some(RefundState::Failed) => "the provider could not refund it: it is requested again",
            _ => "the refund is pending: it is read again",
        };
        Err(Failure::new("payment provider", "refund", why).into())
    }

    /// Settles a payment that may or may not have been charged: a request to refund `all` of it
    /// cancels it.
    pub(super) async fn decide(&self, payment: Payment, all: bool) -> Result<Payment> {
        match &payment.state {
            PaymentState::Intended | PaymentState::Created { .. } if all => {
                let payment = self.change(&payment, Payment::call_off).await?;
                self.cancel(payment).await
            }
            PaymentState::Created { intent } => {
                let intent = self.provider.read(intent).await?;
                self.write_down(payment, intent).await
            }
            PaymentState::Intended
            | PaymentState::Charged { .. }
            | PaymentState::Refused(_)
            | PaymentState::Cancelled
            | PaymentState::Refunded { .. } => Ok(payment),
        }
    }

    /// Cancels a payment that was not charged. One that was stays charged.
    pub(super) async fn cancel(&self, payment: Payment) -> Result<Payment> {
        let PaymentState::Created { intent } = &payment.state else { return Ok(payment) };
        let mut found = self.provider.read(intent).await?;
        if found.status.on_undo() == OnUndo::Cancel {
            found = self.provider.cancel(intent).await?;
        }
        let next = match found.status.on_undo() {
            OnUndo::Refund => PaymentState::Charged { reference: intent.clone() },
            OnUndo::Nothing => PaymentState::Cancelled,
            OnUndo::Cancel | OnUndo::Wait => return Err(undecided("cancel", found.status)),
        };
        self.advance(&payment, next).await
    }

    /// Refunds `amount`, or all that is left, as `id`, if the payment was charged, and returns the
    /// resulting state.
    pub(super) async fn give_back(
        &self,
        payment: Payment,
        id: &RefundId,
        amount: Option<Money>,
    ) -> Result<Payment> {
        let (mut asked, now) = (Ok(()), self.clock.now());
        let ask = |found: &mut Payment| asked = found.ask_refund(id, amount, now);
        let mut payment = self.change(&payment, ask).await?;
        asked?;
        if let (Some(intent), Some(refund)) = (payment.intent(), payment.refund(id))
            && refund.state == RefundState::Pending
        {
            let state = self.refund_state(&payment, intent, refund).await?;
            payment = self.change(&payment, |found| found.note_refund(id, state, now)).await?;
        }
        self.publish_refund(&payment, id).await?;
        Ok(payment)
    }

    /// The provider's state of a refund, which is requested if the provider has none pending.
    async fn refund_state(
        &self,
        payment: &Payment,
        intent: &str,
        refund: &Refund,
    ) -> Result<RefundState> {
        let id = &refund.refund_id;
        let mut known = self.provider.refunds(intent).await?;
        known.retain(|known| known.refund_id.as_deref() == Some(id.as_str()));
        let lost = |known: &RefundObject| known.status.settled() == Settled::NotGivenBack;
        if let Some(current) = known.iter().find(|known| !lost(known)) {
            agree(&payment.payment_id, &current.id, Some(refund.amount), current.amount)?;
            return Ok(state(payment, current));
        }
        let tries = known.len() + refund.spent_keys as usize;
        let request = RefundRequest {
            intent: intent.to_owned(),
            refund_id: id.clone(),
            amount: refund.amount,
        };
        let key = format!("refund-{}-{id}-{tries}", payment.payment_id);
        match self.provider.refund(&request, &key).await? {
            ProviderAnswer::Done(made) => {
                agree(&payment.payment_id, &made.id, Some(refund.amount), made.amount)?;
                Ok(state(payment, &made))
            }
            ProviderAnswer::Declined(code) => {
                Err(Failure::new("payment provider", "refund", code).into())
            }
            ProviderAnswer::KeySpent(failure) => {
                let spent = refund.spent_keys + 1;
                self.change(payment, |found| found.spend_refund_key(id, spent)).await?;
                Err(failure.into())
            }
        }
    }
}

fn state(payment: &Payment, refund: &RefundObject) -> RefundState {
    match refund.status.settled() {
        Settled::GivenBack => RefundState::Succeeded,
        Settled::NotYet => RefundState::Pending,
        Settled::NotGivenBack => {
            log_failed_refund(payment, &refund.id);
            RefundState::Failed
        }
    }
}

/// Reports a refund that failed, immediately or days after it had succeeded.
pub(super) fn log_failed_refund(payment: &Payment, refund: &str) {
    observe::payment("refund-failed");
    tracing::error!(
        payment.id = %payment.payment_id, order.id = %payment.order_id, refund.id = refund,
        "refund {refund} failed: the customer did not get the money"
    );
}
