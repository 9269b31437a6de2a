//! Payments with a provider that loses, delays, declines and fails requests.

mod amounts;
mod races;
mod refunds;
mod settle;

use super::*;
use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeProvider, Fault};
use crate::testing::orders::{at, euro, placed_order};

type FakePaymentService = PaymentService<
    FakeDocuments<PaymentId, Payment>,
    FakeDocuments<String, Page<PaymentId>>,
    FakeProvider,
    FakeBroker,
    FakeClock,
>;

const PAID: i64 = 700;

fn service() -> FakePaymentService {
    PaymentService {
        documents: FakeDocuments::default(),
        index: FakeDocuments::default(),
        provider: FakeProvider::default(),
        publisher: FakeBroker::default(),
        clock: FakeClock(at(0)),
        overdue_after: SignedDuration::from_mins(15),
    }
}

fn sample() -> Charge {
    let placed = placed_order();
    let payment_method = placed.order.payment_method;
    Charge { order_id: placed.order_id, amount: euro(PAID), payment_method }
}

fn refused<T: std::fmt::Debug>(result: Result<T>) -> Refusal {
    match result {
        Err(Error::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

async fn charge(service: &FakePaymentService) -> Result<Payment> {
    service.charge(Owner::Order, &sample()).await
}

async fn void(service: &FakePaymentService) -> Result<Option<Money>> {
    service.void(&sample().order_id).await
}

#[tokio::test]
async fn an_intent_is_created_and_its_id_is_written_down_before_it_is_confirmed() {
    let service = service();
    service.provider.inject("confirm", Fault::Lost);
    assert!(matches!(charge(&service).await, Err(Error::Failed(_))));
    let payment = service.find(&PaymentId::of(&sample().order_id)).await.unwrap().unwrap();
    assert_eq!(payment.state, PaymentState::Created { intent: "pi_0".into() });
    assert_eq!(service.provider.balance(), (0, 0));
    charge(&service).await.unwrap();
    assert_eq!(service.provider.calls(), ["create", "confirm", "read", "confirm"]);
    assert_eq!(service.provider.balance(), (PAID, 0));
}

#[tokio::test]
async fn a_repeated_charge_is_the_same_payment() {
    let service = service();
    let first = charge(&service).await.unwrap();
    assert_eq!(charge(&service).await.unwrap(), first);
    assert_eq!(service.provider.calls(), ["create", "confirm"]);
    let other = Charge { amount: euro(1), ..sample() };
    let other = service.charge(Owner::Order, &other).await;
    assert_eq!(refused(other), Refusal::PaymentMismatch);
}

#[tokio::test]
async fn a_charge_is_made_once_whichever_message_is_lost() {
    for call in ["create", "confirm", "read"] {
        for fault in [Fault::Lost, Fault::AnswerLost, Fault::Saved] {
            for forgets in [false, true] {
                let service = service();
                service.provider.inject(call, fault);
                // So that there is something to read.
                service.provider.inject("confirm", Fault::Lost);
                let mut charged = charge(&service).await;
                for _ in 0..3 {
                    if forgets {
                        service.provider.forget_keys();
                    }
                    charged = charge(&service).await;
                }
                charged.unwrap();
                assert_eq!(service.provider.balance(), (PAID, 0), "{call} {fault:?}");
                void(&service).await.unwrap();
                assert_eq!(service.provider.balance(), (PAID, PAID), "{call} {fault:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_cancelled_payment_is_not_confirmed_although_its_undo_was_interrupted() {
    let service = service();
    service.provider.inject("confirm", Fault::Lost);
    assert!(charge(&service).await.is_err());
    service.provider.inject("read", Fault::Lost);
    assert!(void(&service).await.is_err());
    assert_eq!(refused(charge(&service).await), Refusal::PaymentVoided);
    assert_eq!(service.provider.balance(), (0, 0));
}

#[tokio::test]
async fn undoing_a_payment_that_was_never_charged_moves_no_money() {
    for (call, fault) in [
        ("create", Fault::Lost),
        ("create", Fault::AnswerLost),
        ("create", Fault::Saved),
        ("confirm", Fault::Lost),
        ("confirm", Fault::Saved),
    ] {
        let service = service();
        service.provider.inject(call, fault);
        assert!(charge(&service).await.is_err());
        for _ in 0..2 {
            assert_eq!(void(&service).await.unwrap(), None);
        }
        let calls = service.provider.calls();
        assert!(calls.iter().filter(|call| **call == "confirm").count() <= 1, "{calls:?}");
        assert_eq!(service.provider.balance(), (0, 0), "{call} {fault:?}");
        assert_eq!(refused(charge(&service).await), Refusal::PaymentVoided);
    }
}

#[tokio::test]
async fn a_charge_whose_answer_was_lost_is_found_by_its_undo_and_refunded() {
    let service = service();
    service.provider.inject("confirm", Fault::AnswerLost);
    assert!(matches!(charge(&service).await, Err(Error::Failed(_))));
    for _ in 0..2 {
        assert_eq!(void(&service).await.unwrap(), Some(euro(PAID)));
    }
    assert_eq!(service.provider.calls(), ["create", "confirm", "read", "refunds", "refund"]);
    assert_eq!(service.provider.balance(), (PAID, PAID));
}

#[tokio::test]
async fn a_charge_that_arrives_after_its_undo_charges_nothing() {
    let service = service();
    void(&service).await.unwrap();
    assert_eq!(refused(charge(&service).await), Refusal::PaymentVoided);
    assert!(service.provider.calls().is_empty());
}

#[tokio::test]
async fn a_concurrent_charge_and_undo_leave_nothing_charged() {
    for _ in 0..50 {
        let service = service();
        let (_, _, _) = tokio::join!(charge(&service), void(&service), charge(&service));
        void(&service).await.unwrap();
        let (charged, refunded) = service.provider.balance();
        assert_eq!(charged, refunded);
        assert!(charged <= PAID);
        assert_eq!(refused(charge(&service).await), Refusal::PaymentVoided);
    }
}

#[tokio::test]
async fn concurrent_tries_charge_once_even_if_they_create_two_intents() {
    for saved in [false, true] {
        let service = service();
        if saved {
            service.provider.inject("create", Fault::Saved);
            assert!(charge(&service).await.is_err());
        }
        let (one, other) = tokio::join!(charge(&service), charge(&service));
        assert!(one.is_ok() || other.is_ok());
        charge(&service).await.unwrap();
        assert_eq!(service.provider.balance(), (PAID, 0));
    }
}

#[tokio::test]
async fn the_second_intent_of_a_payment_is_cancelled() {
    let service = service();
    let intended = Payment::intended(Owner::Order, sample());
    charge(&service).await.unwrap();
    service.provider.forget_keys();
    // An attempt that read the document before the other one wrote it.
    let (payment, _) = service.create(intended).await.unwrap();
    assert_eq!(payment.state, PaymentState::Charged { reference: "pi_0".into() });
    assert_eq!(service.provider.intents(), [IntentStatus::Succeeded, IntentStatus::Canceled]);
}

#[tokio::test]
async fn a_declined_payment_stays_declined_and_its_intent_is_cancelled() {
    let service = service();
    service.provider.inject("confirm", Fault::Declined);
    let declined = Refusal::PaymentDeclined { code: "card_declined".into() };
    assert_eq!(refused(charge(&service).await), declined);
    assert_eq!(refused(charge(&service).await), declined);
    assert_eq!(service.provider.calls(), ["create", "confirm", "cancel"]);
    assert_eq!(service.publisher.types(), ["payment.declined", "payment.declined"]);
    void(&service).await.unwrap();
    assert_eq!(service.provider.balance(), (0, 0));
}

#[tokio::test]
async fn a_decline_whose_answer_was_lost_is_read_from_the_intent() {
    let service = service();
    service.provider.inject("confirm", Fault::Lost);
    assert!(charge(&service).await.is_err());
    service.provider.inject("confirm", Fault::Declined);
    service.provider.confirm("pi_0").await.unwrap();
    let declined = Refusal::PaymentDeclined { code: "card_declined".into() };
    assert_eq!(refused(charge(&service).await), declined);
}

#[tokio::test]
async fn a_customer_who_would_have_to_act_is_told_to_use_another_method() {
    let service = service();
    service.provider.inject("confirm", Fault::Intent(IntentStatus::RequiresAction));
    assert_eq!(refused(charge(&service).await), Refusal::PaymentNeedsCustomer);
    assert_eq!(service.provider.intents(), [IntentStatus::Canceled]);
    assert_eq!(service.publisher.published()[0].1["data"]["code"], "requires_action");
}

#[tokio::test]
async fn a_processing_charge_is_awaited_by_steps_and_undos() {
    let service = service();
    service.provider.inject("confirm", Fault::Intent(IntentStatus::Processing));
    for _ in 0..2 {
        assert!(matches!(charge(&service).await, Err(Error::Failed(_))));
    }
    assert!(matches!(void(&service).await, Err(Error::Failed(_))));
    service.provider.decide(0, IntentStatus::Succeeded);
    assert_eq!(refused(charge(&service).await), Refusal::PaymentVoided);
    void(&service).await.unwrap();
    assert_eq!(service.provider.calls().iter().filter(|call| **call == "confirm").count(), 1);
    assert_eq!(service.provider.balance(), (PAID, PAID));
}

#[tokio::test]
async fn an_intent_cancelled_at_the_provider_cancels_the_payment() {
    let service = service();
    service.provider.inject("confirm", Fault::Lost);
    assert!(charge(&service).await.is_err());
    service.provider.decide(0, IntentStatus::Canceled);
    assert_eq!(refused(charge(&service).await), Refusal::PaymentVoided);
}

#[tokio::test]
async fn a_payment_whose_event_cannot_be_published_fails_and_publishes_it_when_repeated() {
    let service = service();
    service.publisher.fail_next();
    assert!(matches!(charge(&service).await, Err(Error::Failed(_))));
    charge(&service).await.unwrap();
    assert_eq!(
        (service.provider.calls(), service.publisher.types()),
        (vec!["create", "confirm"], vec!["payment.charged".to_owned()])
    );
}
