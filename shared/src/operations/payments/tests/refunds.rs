//! Refunds, and the payments that callers make.

use super::*;
use crate::domain::payment::{RefundState, RefundStatus};

fn refund_id(key: &str) -> RefundId {
    RefundId::for_key(&PaymentId::by_caller(&sample().order_id), key)
}

async fn refund(
    service: &FakePaymentService,
    key: &str,
    amount: Option<i64>,
) -> Result<Option<Payment>> {
    let id = PaymentId::by_caller(&sample().order_id);
    service.refund(Owner::Caller, &id, &refund_id(key), amount.map(euro)).await
}

#[tokio::test]
async fn a_refund_is_done_only_when_the_provider_says_so() {
    let service = service();
    charge(&service).await.unwrap();
    service.provider.inject("refund", Fault::Refund(RefundStatus::Pending));
    assert!(matches!(void(&service).await, Err(Error::Failed(_))));
    assert!(matches!(void(&service).await, Err(Error::Failed(_))));
    service.provider.decide_refund(0, RefundStatus::Succeeded);
    void(&service).await.unwrap();
    assert_eq!(service.provider.calls().iter().filter(|call| **call == "refund").count(), 1);
    assert_eq!(service.publisher.types(), ["payment.charged", "payment.refunded"]);
    assert!(service.publisher.published()[1].1["data"].get("refund_id").is_none());
}

#[tokio::test]
async fn a_refund_that_an_earlier_version_did_not_note_is_published_as_all_that_was_charged() {
    let service = service();
    charge(&service).await.unwrap();
    void(&service).await.unwrap();
    let forget = |found: Option<Payment>| {
        let mut payment = found.unwrap();
        payment.refunds.clear();
        (payment, ())
    };
    service.documents.update(&PaymentId::of(&sample().order_id), forget).await.unwrap();
    void(&service).await.unwrap();
    let published = service.publisher.published();
    assert_eq!((published.len(), &published[1]), (3, &published[2]));
    assert_eq!(service.provider.balance(), (PAID, PAID));
}

#[tokio::test]
async fn a_failed_refund_is_requested_again_under_another_key() {
    let service = service();
    charge(&service).await.unwrap();
    for fault in [Fault::Refund(RefundStatus::Failed), Fault::Saved, Fault::AnswerLost] {
        service.provider.inject("refund", fault);
    }
    let mut tries = 0;
    while void(&service).await.is_err() {
        tries += 1;
        assert!(tries < 6, "it ends");
    }
    assert_eq!(service.provider.balance(), (PAID, PAID));
    let payment = service.find(&PaymentId::of(&sample().order_id)).await.unwrap().unwrap();
    assert_eq!(payment.state, PaymentState::Refunded { reference: "pi_0".into() });
}

#[tokio::test]
async fn a_callers_payment_is_never_an_orders() {
    let service = service();
    let direct = service.charge(Owner::Caller, &sample()).await.unwrap();
    let order = charge(&service).await.unwrap();
    assert_ne!(direct.payment_id, order.payment_id);
    assert_eq!(void(&service).await.unwrap(), Some(euro(PAID)));
    assert_eq!(service.provider.balance(), (2 * PAID, PAID));
    let id = &order.payment_id;
    let touched = service.refund(Owner::Caller, id, &refund_id("k"), None).await;
    let order_id = sample().order_id;
    assert_eq!(refused(touched), Refusal::PaymentOfAnOrder { order_id });
    let ids: Vec<_> =
        service.publisher.published().iter().map(|(_, event)| event["id"].clone()).collect();
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test]
async fn a_partial_refund_is_made_once_per_key_and_never_exceeds_the_charge() {
    let service = service();
    assert_eq!(refund(&service, "a", None).await.unwrap(), None);
    service.charge(Owner::Caller, &sample()).await.unwrap();
    for _ in 0..2 {
        let payment = refund(&service, "a", Some(300)).await.unwrap().unwrap();
        assert_eq!(payment.refund(&refund_id("a")).unwrap().state, RefundState::Succeeded);
        assert_eq!(service.provider.balance(), (PAID, 300));
    }
    let left = euro(400);
    let too_much = refund(&service, "b", Some(401)).await;
    assert_eq!(refused(too_much), Refusal::RefundTooLarge { left });
    let payment = refund(&service, "b", None).await.unwrap().unwrap();
    assert_eq!(payment.state.name(), "refunded");
    assert_eq!(service.provider.balance(), (PAID, PAID));
    let events = service.publisher.published();
    let (first, repeated, rest) = (&events[1].1, &events[2].1, &events[3].1);
    assert_eq!(first["id"], repeated["id"]);
    assert_ne!(first["id"], rest["id"]);
    assert_eq!(
        (&first["data"]["amount"]["amount"], &rest["data"]["amount"]["amount"]),
        (&300.into(), &400.into())
    );
}

#[tokio::test]
async fn a_refund_of_what_is_refunded_already_publishes_nothing() {
    let service = service();
    service.charge(Owner::Caller, &sample()).await.unwrap();
    refund(&service, "a", Some(PAID)).await.unwrap();
    refund(&service, "b", None).await.unwrap();
    assert_eq!(service.provider.balance(), (PAID, PAID));
    assert_eq!(service.publisher.types(), ["payment.charged", "payment.refunded"]);
}

#[tokio::test]
async fn a_full_refund_cancels_an_undecided_payment() {
    for (call, fault, charged) in [
        ("create", Fault::Lost, 0),
        ("confirm", Fault::Lost, 0),
        ("confirm", Fault::AnswerLost, PAID),
    ] {
        let service = service();
        service.provider.inject(call, fault);
        assert!(service.charge(Owner::Caller, &sample()).await.is_err());
        refund(&service, "a", None).await.unwrap();
        assert_eq!(service.provider.balance(), (charged, charged));
        assert!(service.charge(Owner::Caller, &sample()).await.is_err());
        assert_eq!(service.provider.balance(), (charged, charged));
    }
}

#[tokio::test]
async fn a_partial_refund_of_an_undecided_payment_waits_for_its_charge() {
    let service = service();
    service.provider.inject("confirm", Fault::AnswerLost);
    assert!(service.charge(Owner::Caller, &sample()).await.is_err());
    refund(&service, "a", Some(1)).await.unwrap();
    assert_eq!(service.provider.balance(), (PAID, 1));
}

#[tokio::test]
async fn a_partial_refund_does_not_cancel_an_undecided_payment() {
    let service = service();
    service.provider.inject("confirm", Fault::Lost);
    assert!(service.charge(Owner::Caller, &sample()).await.is_err());
    assert!(matches!(refund(&service, "a", Some(1)).await, Err(Error::Failed(_))));
    service.charge(Owner::Caller, &sample()).await.unwrap();
    assert_eq!(service.provider.balance(), (PAID, 0));
}

#[tokio::test]
async fn a_caller_whose_card_was_declined_pays_with_another() {
    let service = service();
    service.provider.inject("confirm", Fault::Declined);
    assert!(service.charge(Owner::Caller, &sample()).await.is_err());
    let payment_method = "pm_card_mastercard".to_owned().try_into().unwrap();
    let other = Charge { payment_method, ..sample() };
    let paid = service.charge(Owner::Caller, &other).await.unwrap();
    assert_eq!(paid.charge.as_ref(), Some(&other));
    assert_eq!(service.provider.balance(), (PAID, 0));
    assert_eq!(refused(service.charge(Owner::Caller, &sample()).await), Refusal::PaymentMismatch);
}
