//! The events of payments. Each is published after the payment is written, and again whenever the
//! payment is requested, always under the same id.

use super::PaymentService;
use crate::domain::event::{CloudEvent, Event, PaymentCharged, PaymentDeclined, PaymentRefunded};
use crate::domain::payment::{Owner, Payment, PaymentState, RefundId, RefundState};
use crate::domain::{Money, PaymentId, Refusal};
use crate::operations::due::Page;
use crate::ports::{Clock, Documents, Provider, Publisher, Result};

impl<D, I, V, P, C> PaymentService<D, I, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    I: Documents<String, Page<PaymentId>>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    /// Publishes whether a payment was charged or declined.
    pub(super) async fn publish_state(&self, payment: &Payment) -> Result<()> {
        let Some(amount) = payment.charge.as_ref().map(|charge| charge.amount) else {
            return Ok(());
        };
        let (payment_id, order_id, by) =
            (payment.payment_id.clone(), payment.order_id.clone(), payment.by);
        let code = match &payment.state {
            PaymentState::Charged { .. } => {
                let charged = PaymentCharged { payment_id, order_id, amount, by };
                return self.publish(&subject(payment), &charged).await;
            }
            PaymentState::Refused(Refusal::PaymentDeclined { code }) => code.clone(),
            PaymentState::Refused(Refusal::PaymentNeedsCustomer) => "requires_action".to_owned(),
            PaymentState::Intended
            | PaymentState::Created { .. }
            | PaymentState::Refused(_)
            | PaymentState::Cancelled
            | PaymentState::Refunded { .. } => return Ok(()),
        };
        let declined = PaymentDeclined { payment_id, order_id, amount, by, code };
        self.publish(&subject(payment), &declined).await
    }

    /// Publishes that the refund `id` has succeeded, if it has.
    pub(super) async fn publish_refund(&self, payment: &Payment, id: &RefundId) -> Result<()> {
        let Some(amount) = given_back(payment, id) else { return Ok(()) };
        let undo = *id == RefundId::undo();
        let refunded = PaymentRefunded {
            payment_id: payment.payment_id.clone(),
            order_id: payment.order_id.clone(),
            amount,
            by: payment.by,
            refund_id: Some(id.clone()).filter(|_| !undo),
        };
        let named = if undo { subject(payment) } else { id.to_string() };
        self.publish(&named, &refunded).await
    }

    async fn publish<E: Event + Sync>(&self, named: &str, event: &E) -> Result<()> {
        let id = format!("{named}.{}", E::TYPE);
        let event = CloudEvent::named(id, event, self.clock.now());
        self.publisher.publish(E::TOPIC.name(), &event).await
    }
}

/// The beginning of the id of a payment's event: its order, or the payment if it has none.
fn subject(payment: &Payment) -> String {
    match payment.by {
        Owner::Order => payment.order_id.to_string(),
        Owner::Caller => payment.payment_id.to_string(),
    }
}

/// What the refund `id` has refunded. Earlier versions recorded no refund, only that everything is
/// refunded.
fn given_back(payment: &Payment, id: &RefundId) -> Option<Money> {
    match (payment.refund(id), &payment.state) {
        (Some(refund), _) => (refund.state == RefundState::Succeeded).then_some(refund.amount),
        (None, PaymentState::Refunded { .. }) if payment.refunds.is_empty() => {
            payment.charge.as_ref().map(|charge| charge.amount)
        }
        (None, _) => None,
    }
}
