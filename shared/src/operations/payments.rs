//! Payments: the intent is written before the provider is asked, so whatever happens in between
//! can be settled later under the same idempotency key.

use crate::domain::event::{PaymentCharged, PaymentDeclined, PaymentRefunded};
use crate::domain::payment::{Charge, Payment, PaymentState};
use crate::domain::{OrderId, PaymentId, Refusal};
use crate::observe;
use crate::ports::{
    Clock, Documents, Failure, PortFuture, Provider, Publisher, Result, Verdict, document,
};

/// Takes payments and gives them back.
pub trait Payments: Clone + Send + Sync + 'static {
    /// Charges an order once, however often it is asked.
    ///
    /// Refused: `payment-declined`, `payment-unavailable`, `payment-voided`, `payment-mismatch`.
    /// Failed: when the store or the broker fails, or the provider has not decided.
    fn charge(&self, charge: &Charge) -> impl PortFuture<Payment>;

    /// Gives back what was charged for an order, and sees to it that nothing will be charged later.
    ///
    /// Failed: when the store or the broker fails, or the provider has not decided.
    fn void(&self, order: &OrderId) -> impl PortFuture<()>;

    /// Gives a payment back, if it is known. Fails as [`Payments::void`].
    fn refund(&self, id: &PaymentId) -> impl PortFuture<Option<Payment>>;
}

/// Payments that keeps its documents, asks a provider, and tells the world.
#[derive(Debug, Clone)]
pub struct PaymentService<D, V, P, C> {
    /// The payments.
    pub documents: D,
    /// The payment provider.
    pub provider: V,
    /// Where the events of payments go.
    pub publisher: P,
    /// When they happen.
    pub clock: C,
}

impl<D, V, P, C> Payments for PaymentService<D, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    async fn charge(&self, charge: &Charge) -> Result<Payment> {
        let id = PaymentId::of(&charge.order_id);
        let intend = |found: Option<Payment>| {
            let fresh = found.is_none();
            (found.unwrap_or_else(|| Payment::intended(charge.clone())), fresh)
        };
        let (payment, fresh) = self.documents.update(&id, intend).await?;
        payment.serves(charge)?;
        let payment = self.settle(payment, fresh).await?;
        self.tell(&payment).await?;
        match payment.state {
            PaymentState::Refused(refusal) => Err(refusal.into()),
            PaymentState::Intended
            | PaymentState::Charged { .. }
            | PaymentState::Refunded { .. } => Ok(payment),
        }
    }

    async fn void(&self, order: &OrderId) -> Result<()> {
        let void =
            |found: Option<Payment>| (found.unwrap_or_else(|| Payment::voided(order.clone())), ());
        let (payment, ()) = self.documents.update(&PaymentId::of(order), void).await?;
        self.give_back(payment).await?;
        Ok(())
    }

    async fn refund(&self, id: &PaymentId) -> Result<Option<Payment>> {
        match document(&self.documents, id).await? {
            Some(payment) => self.give_back(payment).await.map(Some),
            None => Ok(None),
        }
    }
}

impl<D, V, P, C> PaymentService<D, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    async fn give_back(&self, payment: Payment) -> Result<Payment> {
        let mut payment = self.settle(payment, false).await?;
        if let (Some(charge), PaymentState::Charged { reference }) =
            (&payment.charge, &payment.state)
        {
            self.provider.refund(&payment.order_id, reference, charge.amount).await?;
            let refunded = PaymentState::Refunded { reference: reference.clone() };
            payment = self.advance(&payment, refunded).await?;
        }
        self.tell(&payment).await?;
        Ok(payment)
    }

    /// Asks the provider about an intended payment and writes down what it decided. `fresh`: this
    /// very call wrote the intent, so nobody has asked before.
    async fn settle(&self, payment: Payment, fresh: bool) -> Result<Payment> {
        let (Some(charge), PaymentState::Intended) = (&payment.charge, &payment.state) else {
            return Ok(payment);
        };
        let decided = match self.provider.charge(charge).await? {
            Verdict::Charged(reference) => PaymentState::Charged { reference },
            Verdict::Declined(code) => PaymentState::Refused(Refusal::PaymentDeclined { code }),
            Verdict::Unauthorized if fresh => PaymentState::Refused(Refusal::PaymentUnavailable),
            Verdict::Unauthorized => {
                // An earlier request may have been charged: the answer waits for good credentials.
                let why =
                    "the credentials are rejected, and an earlier request may have been charged";
                return Err(Failure::new("payment provider", "settle a charge", why).into());
            }
        };
        let settled = self.advance(&payment, decided.clone()).await?;
        if let (PaymentState::Charged { reference }, PaymentState::Refused(_)) =
            (decided, &settled.state)
        {
            // Another call was rejected for its credentials while this one was charged.
            self.provider.refund(&payment.order_id, &reference, charge.amount).await?;
        }
        Ok(settled)
    }

    async fn advance(&self, payment: &Payment, next: PaymentState) -> Result<Payment> {
        let advance = |found: Option<Payment>| {
            let mut found = found.unwrap_or_else(|| payment.clone());
            let moved = found.advance(next.clone());
            (found, moved)
        };
        let (payment, moved) = self.documents.update(&payment.payment_id, advance).await?;
        if moved {
            observe::payment(payment.state.name());
        }
        Ok(payment)
    }

    /// Publishes where a payment stands: again whenever it is asked about, under the same id.
    async fn tell(&self, payment: &Payment) -> Result<()> {
        let Some(charge) = &payment.charge else { return Ok(()) };
        let (payment_id, order_id, amount) =
            (payment.payment_id.clone(), payment.order_id.clone(), charge.amount);
        let now = self.clock.now();
        match &payment.state {
            PaymentState::Charged { .. } => {
                self.publisher.tell(&PaymentCharged { payment_id, order_id, amount }, now).await
            }
            PaymentState::Refused(Refusal::PaymentDeclined { code }) => {
                let code = code.clone();
                self.publisher
                    .tell(&PaymentDeclined { payment_id, order_id, amount, code }, now)
                    .await
            }
            PaymentState::Refunded { .. } => {
                self.publisher.tell(&PaymentRefunded { payment_id, order_id, amount }, now).await
            }
            PaymentState::Intended | PaymentState::Refused(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Error;
    use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeProvider};
    use crate::testing::orders::{at, euro, placed_order};

    type FakePaymentService =
        PaymentService<FakeDocuments<PaymentId, Payment>, FakeProvider, FakeBroker, FakeClock>;

    fn payment_service() -> FakePaymentService {
        PaymentService {
            documents: FakeDocuments::default(),
            provider: FakeProvider::default(),
            publisher: FakeBroker::default(),
            clock: FakeClock(at(0)),
        }
    }

    fn sample() -> Charge {
        let placed = placed_order();
        Charge {
            order_id: placed.order_id,
            amount: euro(700),
            payment_method: placed.order.payment_method,
        }
    }

    fn refused(result: Result<Payment>) -> Refusal {
        match result {
            Err(Error::Refused(refusal)) => refusal,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_charge_repeated_is_the_same_payment() {
        let service = payment_service();
        let first = service.charge(&sample()).await.unwrap();
        let again = service.charge(&sample()).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(service.provider.calls(), ["charge"]);
        let other = Charge { amount: euro(1), ..sample() };
        assert_eq!(refused(service.charge(&other).await), Refusal::PaymentMismatch);
    }

    #[tokio::test]
    async fn a_charge_whose_reply_was_lost_is_settled_and_refunded() {
        let service = payment_service();
        service.provider.fail_next();
        assert!(matches!(service.charge(&sample()).await, Err(Error::Failed(_))));
        service.void(&sample().order_id).await.unwrap();
        service.void(&sample().order_id).await.unwrap();
        assert_eq!(service.provider.calls(), ["charge", "charge", "refund"]);
    }

    #[tokio::test]
    async fn each_call_tells_where_the_payment_stands() {
        let service = payment_service();
        service.charge(&sample()).await.unwrap();
        service.charge(&sample()).await.unwrap();
        service.void(&sample().order_id).await.unwrap();
        assert_eq!(
            service.publisher.types(),
            ["payment.charged", "payment.charged", "payment.refunded"]
        );
    }

    #[tokio::test]
    async fn a_payment_whose_event_cannot_be_published_fails_and_tells_it_when_repeated() {
        let service = payment_service();
        service.publisher.fail_next();
        assert!(matches!(service.charge(&sample()).await, Err(Error::Failed(_))));
        service.charge(&sample()).await.unwrap();
        assert_eq!(
            (service.provider.calls(), service.publisher.types()),
            (vec!["charge"], vec!["payment.charged".to_owned()])
        );
    }

    #[tokio::test]
    async fn a_charge_that_arrives_after_its_refund_charges_nothing() {
        let service = payment_service();
        service.void(&sample().order_id).await.unwrap();
        assert_eq!(refused(service.charge(&sample()).await), Refusal::PaymentVoided);
        assert!(service.provider.calls().is_empty());
    }

    #[tokio::test]
    async fn a_declined_payment_stays_declined() {
        let service = payment_service();
        service.provider.answer_next(Verdict::Declined("card_declined".into()));
        let declined = Refusal::PaymentDeclined { code: "card_declined".into() };
        assert_eq!(refused(service.charge(&sample()).await), declined);
        assert_eq!(refused(service.charge(&sample()).await), declined);
        assert_eq!(service.provider.calls(), ["charge"]);
    }

    #[tokio::test]
    async fn rejected_credentials_refuse_a_first_request_and_fail_a_repeated_one() {
        let service = payment_service();
        service.provider.answer_next(Verdict::Unauthorized);
        assert_eq!(refused(service.charge(&sample()).await), Refusal::PaymentUnavailable);

        let service = payment_service();
        service.provider.fail_next();
        service.provider.answer_next(Verdict::Unauthorized);
        assert!(matches!(service.charge(&sample()).await, Err(Error::Failed(_))));
        assert!(matches!(service.charge(&sample()).await, Err(Error::Failed(_))));
        assert!(service.charge(&sample()).await.is_ok());
    }

    #[tokio::test]
    async fn a_refund_of_an_unknown_payment_finds_nothing() {
        let service = payment_service();
        let id = PaymentId::of(&sample().order_id);
        assert_eq!(service.refund(&id).await.unwrap(), None);
        service.charge(&sample()).await.unwrap();
        let refunded = service.refund(&id).await.unwrap().unwrap();
        assert!(matches!(refunded.state, PaymentState::Refunded { .. }));
    }
}
