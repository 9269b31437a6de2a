//! Idempotency keys: replayed, rejected, or free.
//!
//! See <https://docs.stripe.com/api/idempotent_requests>.

use crate::payment::support::{CHARGE, Caller, DECLINED, FORM};
use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use stand_in::payment::{FaultKind, FaultPlan};

#[tokio::test]
async fn the_same_key_and_parameters_charge_once_and_answer_the_same() {
    let caller = Caller::new();
    let first = caller.charge_once("k", CHARGE).await;
    let again = caller.charge_once("k", CHARGE).await;
    assert!(!first.replayed() && again.replayed());
    assert_eq!((first.status, first.body), (again.status, again.body));
    let ledger = caller.ledger().await;
    assert_eq!((ledger.order("order-1").charges, ledger.calls.replayed), (1, 1));
}

#[tokio::test]
async fn the_order_of_the_parameters_does_not_matter() {
    let caller = Caller::new();
    let first = caller.charge_once("k", CHARGE).await;
    let swapped = CHARGE.split('&').rev().collect::<Vec<_>>().join("&");
    assert_eq!(caller.charge_once("k", &swapped).await.body, first.body);
}

#[tokio::test]
async fn a_decline_is_answered_again_too() {
    let caller = Caller::new();
    let first = caller.charge_once("k", DECLINED).await;
    let again = caller.charge_once("k", DECLINED).await;
    assert_eq!(again.status, 402);
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    assert_eq!(caller.ledger().await.order("order-1").declines, 1);
}

#[tokio::test]
async fn a_refund_with_the_same_key_is_made_once() {
    let caller = Caller::new();
    let form = format!("payment_intent={}&amount=100", caller.charged().await);
    let first = caller.post("/v1/refunds", Some("r"), &form).await;
    let again = caller.post("/v1/refunds", Some("r"), &form).await;
    assert!(again.replayed());
    assert_eq!(again.body, first.body);
    assert_eq!(caller.ledger().await.order("order-1").refunded, 100);
}

#[tokio::test]
async fn the_same_key_with_other_parameters_or_another_path_is_an_idempotency_error() {
    let caller = Caller::new();
    let intent = caller.charge_once("k", CHARGE).await;
    let refund = format!("payment_intent={}", intent.text("/id"));
    for answer in [
        caller.charge_once("k", &CHARGE.replace("1250", "1251")).await,
        caller.post("/v1/refunds", Some("k"), &refund).await,
    ] {
        assert_eq!(answer.status, 400);
        assert_eq!(answer.text("/error/type"), "idempotency_error");
        assert!(answer.text("/error/message").starts_with(
            "Keys for idempotent requests can only be used with the same parameters they were \
             first used with. Try using a key other than 'k'"
        ));
    }
    assert_eq!(caller.ledger().await.calls.conflicts, 2);
}

#[tokio::test]
async fn a_call_rejected_before_it_ran_leaves_its_key_free() {
    let caller = Caller::new();
    let unauthorized = Request::post("/v1/payment_intents")
        .header(CONTENT_TYPE, FORM)
        .header("Idempotency-Key", "k")
        .body(Body::from(CHARGE))
        .unwrap();
    assert_eq!(caller.send(unauthorized).await.status, 401);
    let invalid = caller.charge_once("k", &CHARGE.replace("1250", "x")).await;
    assert_eq!(invalid.status, 400);
    let valid = caller.charge_once("k", CHARGE).await;
    assert_eq!((valid.status, valid.replayed()), (200, false));
}

#[tokio::test]
async fn a_key_is_1_to_255_printable_characters() {
    let caller = Caller::new();
    assert_eq!(caller.charge_once(&"k".repeat(255), CHARGE).await.status, 200);
    for bad in ["", &"k".repeat(256), "ключ"] {
        let answer = caller.charge_once(bad, CHARGE).await;
        assert_eq!(answer.status, 400, "{bad:?}");
    }
    assert_eq!(caller.ledger().await.payments.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_first_call_still_runs_is_409() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::Stall).for_ms(60_000)).await;
    let stalled = tokio::spawn({
        let caller = caller.clone();
        async move { caller.charge_once("k", CHARGE).await }
    });
    while caller.ledger().await.calls.stalled == 0 {
        tokio::task::yield_now().await;
    }
    let second = caller.charge_once("k", CHARGE).await;
    assert_eq!(second.status, 409);
    assert_eq!(second.text("/error/code"), "idempotency_key_in_use");
    let first = stalled.await.unwrap();
    assert_eq!(first.status, 200);
    let third = caller.charge_once("k", CHARGE).await;
    assert!(third.replayed());
    assert_eq!(third.body, first.body);
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

#[tokio::test]
async fn twenty_calls_at_once_with_one_key_charge_once() {
    let caller = Caller::new();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let caller = caller.clone();
        calls.spawn(async move { caller.charge_once("k", CHARGE).await.status });
    }
    let statuses = calls.join_all().await;
    assert!(statuses.iter().all(|it| matches!(*it, 200 | 409)));
    assert!(statuses.contains(&200));
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

/// <https://docs.stripe.com/api/idempotent_requests>: the same result, including 500 errors.
#[tokio::test]
async fn a_500_that_ended_a_call_is_replayed_too() {
    for (fault, charges) in [(FaultKind::CrashBefore, 0), (FaultKind::CrashAfter, 1)] {
        let caller = Caller::new();
        caller.fault(FaultPlan::next(1, fault)).await;
        let first = caller.charge_once("k", CHARGE).await;
        let again = caller.charge_once("k", CHARGE).await;
        assert_eq!(first.status, 500);
        assert!(!first.replayed() && again.replayed());
        assert_eq!((again.status, again.body), (first.status, first.body));
        assert_eq!(caller.ledger().await.order("order-1").charges, charges);
        assert_eq!(caller.charge_once("l", CHARGE).await.status, 200);
    }
}

/// <https://docs.stripe.com/api/idempotent_requests>: a new request once the original is pruned.
#[tokio::test]
async fn a_key_that_is_a_day_old_is_forgotten_and_charges_again() {
    let caller = Caller::new();
    let first = caller.charge_once("k", CHARGE).await;
    caller.advance(24 * 3600 - 60).await;
    assert!(caller.charge_once("k", CHARGE).await.replayed());
    caller.advance(60).await;
    let again = caller.charge_once("k", CHARGE).await;
    assert_eq!((again.status, again.replayed()), (200, false));
    assert_ne!(again.text("/id"), first.text("/id"));
    assert_eq!(caller.ledger().await.order("order-1").charges, 2);
}

/// <https://docs.stripe.com/api/idempotent_requests>: also when an object's state is at fault.
#[tokio::test]
async fn the_answer_to_a_confirmation_and_a_cancellation_is_replayed() {
    let caller = Caller::new();
    let intent = caller.created().await;
    let confirm = format!("/v1/payment_intents/{intent}/confirm");
    let cancel = format!("/v1/payment_intents/{intent}/cancel");
    for (path, key, form) in [(&confirm, "a", "payment_method=pm_card_visa"), (&cancel, "b", "")] {
        let first = caller.post(path, Some(key), form).await;
        let again = caller.post(path, Some(key), form).await;
        assert!(!first.replayed() && again.replayed(), "{path}");
        assert_eq!((first.status, first.body), (again.status, again.body), "{path}");
    }
    let other = caller.post(&cancel, Some("a"), "").await;
    assert_eq!(other.text("/error/type"), "idempotency_error");
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}
