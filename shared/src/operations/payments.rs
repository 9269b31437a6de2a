//! Payments: the intent is written before the provider is asked, so whatever happens in between
//! can be settled later under the same idempotency key.

use crate::domain::payment::{Charge, Payment, PaymentState};
use crate::domain::{OrderId, PaymentId, Refusal};
use crate::ports::{Documents, Failure, Provider, Result, Verdict, document};

/// Charges an order once, however often it is asked.
///
/// # Errors
/// Refused: `payment-declined`, `payment-unavailable`, `payment-voided`, `paid-otherwise`. Failed:
/// when the store fails, or the provider has not decided.
pub async fn charge(
    documents: &impl Documents<PaymentId, Payment>,
    provider: &impl Provider,
    charge: &Charge,
) -> Result<Payment> {
    let id = PaymentId::of(&charge.order_id);
    let intend = |found: Option<Payment>| {
        let fresh = found.is_none();
        (found.unwrap_or_else(|| Payment::intended(charge.clone())), fresh)
    };
    let (payment, fresh) = documents.update(&id, intend).await?;
    payment.serves(charge)?;
    let payment = settle(documents, provider, payment, fresh).await?;
    match payment.state {
        PaymentState::Refused(refusal) => Err(refusal.into()),
        PaymentState::Intended | PaymentState::Charged { .. } | PaymentState::Refunded { .. } => {
            Ok(payment)
        }
    }
}

/// Gives back what was charged for an order, and sees to it that nothing will be charged later.
///
/// # Errors
/// Failed: when the store fails, or the provider has not decided.
pub async fn void(
    documents: &impl Documents<PaymentId, Payment>,
    provider: &impl Provider,
    order: &OrderId,
) -> Result<()> {
    let void =
        |found: Option<Payment>| (found.unwrap_or_else(|| Payment::voided(order.clone())), ());
    let (payment, ()) = documents.update(&PaymentId::of(order), void).await?;
    give_back(documents, provider, payment).await?;
    Ok(())
}

/// Gives a payment back, if it is known.
///
/// # Errors
/// Failed: when the store fails, or the provider has not decided.
pub async fn refund(
    documents: &impl Documents<PaymentId, Payment>,
    provider: &impl Provider,
    id: &PaymentId,
) -> Result<Option<Payment>> {
    match document(documents, id).await? {
        Some(payment) => give_back(documents, provider, payment).await.map(Some),
        None => Ok(None),
    }
}

async fn give_back(
    documents: &impl Documents<PaymentId, Payment>,
    provider: &impl Provider,
    payment: Payment,
) -> Result<Payment> {
    let payment = settle(documents, provider, payment, false).await?;
    match (&payment.charge, &payment.state) {
        (Some(charge), PaymentState::Charged { reference }) => {
            provider.refund(&payment.order_id, reference, charge.amount).await?;
            let refunded = PaymentState::Refunded { reference: reference.clone() };
            advance(documents, &payment, refunded).await
        }
        _ => Ok(payment),
    }
}

/// Asks the provider about an intended payment and writes down what it decided. `fresh`: this very
/// call wrote the intent, so nobody has asked before.
async fn settle(
    documents: &impl Documents<PaymentId, Payment>,
    provider: &impl Provider,
    payment: Payment,
    fresh: bool,
) -> Result<Payment> {
    let (Some(charge), PaymentState::Intended) = (&payment.charge, &payment.state) else {
        return Ok(payment);
    };
    let decided = match provider.charge(charge).await? {
        Verdict::Charged(reference) => PaymentState::Charged { reference },
        Verdict::Declined(code) => PaymentState::Refused(Refusal::PaymentDeclined { code }),
        Verdict::Unauthorized if fresh => PaymentState::Refused(Refusal::PaymentUnavailable),
        Verdict::Unauthorized => {
            // An earlier request may have been charged: the answer waits for good credentials.
            let why = "the credentials are rejected, and an earlier request may have been charged";
            return Err(Failure::new("payment provider", "settle a charge", why).into());
        }
    };
    let settled = advance(documents, &payment, decided.clone()).await?;
    if let (PaymentState::Charged { reference }, PaymentState::Refused(_)) =
        (decided, &settled.state)
    {
        // Another call was rejected for its credentials while this one was charged.
        provider.refund(&payment.order_id, &reference, charge.amount).await?;
    }
    Ok(settled)
}

async fn advance(
    documents: &impl Documents<PaymentId, Payment>,
    payment: &Payment,
    next: PaymentState,
) -> Result<Payment> {
    let advance = |found: Option<Payment>| {
        let mut found = found.unwrap_or_else(|| payment.clone());
        let moved = found.advance(next.clone());
        (found, moved)
    };
    Ok(documents.update(&payment.payment_id, advance).await?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Error;
    use crate::testing::fakes::{FakeDocuments, FakeProvider};
    use crate::testing::orders::{euro, placed_order};

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
        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        let first = charge(&documents, &provider, &sample()).await.unwrap();
        let again = charge(&documents, &provider, &sample()).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(provider.calls(), ["charge"]);
        let other = Charge { amount: euro(1), ..sample() };
        assert_eq!(refused(charge(&documents, &provider, &other).await), Refusal::PaidOtherwise);
    }

    #[tokio::test]
    async fn a_charge_whose_reply_was_lost_is_settled_and_refunded() {
        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        provider.fail_next();
        assert!(matches!(charge(&documents, &provider, &sample()).await, Err(Error::Failed(_))));
        void(&documents, &provider, &sample().order_id).await.unwrap();
        void(&documents, &provider, &sample().order_id).await.unwrap();
        assert_eq!(provider.calls(), ["charge", "charge", "refund"]);
    }

    #[tokio::test]
    async fn a_charge_that_arrives_after_its_refund_charges_nothing() {
        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        void(&documents, &provider, &sample().order_id).await.unwrap();
        assert_eq!(refused(charge(&documents, &provider, &sample()).await), Refusal::PaymentVoided);
        assert!(provider.calls().is_empty());
    }

    #[tokio::test]
    async fn a_declined_payment_stays_declined() {
        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        provider.answer_next(Verdict::Declined("card_declined".into()));
        let declined = Refusal::PaymentDeclined { code: "card_declined".into() };
        assert_eq!(refused(charge(&documents, &provider, &sample()).await), declined);
        assert_eq!(refused(charge(&documents, &provider, &sample()).await), declined);
        assert_eq!(provider.calls(), ["charge"]);
    }

    #[tokio::test]
    async fn rejected_credentials_refuse_a_first_request_and_fail_a_repeated_one() {
        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        provider.answer_next(Verdict::Unauthorized);
        assert_eq!(
            refused(charge(&documents, &provider, &sample()).await),
            Refusal::PaymentUnavailable
        );

        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        provider.fail_next();
        provider.answer_next(Verdict::Unauthorized);
        assert!(matches!(charge(&documents, &provider, &sample()).await, Err(Error::Failed(_))));
        assert!(matches!(charge(&documents, &provider, &sample()).await, Err(Error::Failed(_))));
        assert!(charge(&documents, &provider, &sample()).await.is_ok());
    }

    #[tokio::test]
    async fn a_refund_of_an_unknown_payment_finds_nothing() {
        let (documents, provider) = (FakeDocuments::default(), FakeProvider::default());
        let id = PaymentId::of(&sample().order_id);
        assert_eq!(refund(&documents, &provider, &id).await.unwrap(), None);
        charge(&documents, &provider, &sample()).await.unwrap();
        let refunded = refund(&documents, &provider, &id).await.unwrap().unwrap();
        assert!(matches!(refunded.state, PaymentState::Refunded { .. }));
    }
}
