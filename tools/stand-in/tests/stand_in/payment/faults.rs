//! Faults: stalls, failures before and after the effect.

use crate::payment::support::{CHARGE, Caller};
use axum::http::StatusCode;
use stand_in::payment::{FaultKind, FaultPlan, Resource};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn a_call_that_fails_before_has_no_effect_and_its_retry_runs() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailBefore)).await;
    let failed = caller.charge_once("k", CHARGE).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.text("/error/type"), "api_error");
    assert_eq!(caller.ledger().await.order("order-1").charges, 0);
    let retry = caller.charge_once("k", CHARGE).await;
    assert_eq!((retry.status, retry.replayed()), (StatusCode::OK, false));
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

#[tokio::test]
async fn a_call_that_fails_after_takes_effect_and_its_retry_finds_it_done() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailAfter)).await;
    let failed = caller.charge_once("k", CHARGE).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
    let retry = caller.charge_once("k", CHARGE).await;
    assert_eq!((retry.status, retry.replayed()), (StatusCode::OK, true));
    assert_eq!(retry.text("/status"), "succeeded");
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

#[tokio::test]
async fn retries_use_a_plan_up_one_by_one() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(3, FaultKind::FailAfter)).await;
    for _ in 0..3 {
        let failed = caller.charge_once("k", CHARGE).await;
        assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert!(caller.charge_once("k", CHARGE).await.replayed());
    let ledger = caller.ledger().await;
    assert_eq!((ledger.order("order-1").charges, ledger.calls.failed), (1, 3));
}

#[tokio::test]
async fn a_rejected_call_does_not_use_a_plan_up() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailBefore)).await;
    let invalid = caller.charge(&CHARGE.replace("1250", "x")).await;
    assert_eq!(invalid.status, StatusCode::BAD_REQUEST);
    let failed = caller.charge(CHARGE).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_plan_for_refunds_leaves_charges_alone() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailAfter).on(Resource::Refunds)).await;
    let form = format!("payment_intent={}", caller.charged().await);
    assert_eq!(caller.refund(&form).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(caller.ledger().await.order("order-1").kept(), 0);
}

#[tokio::test]
async fn reads_of_an_intent_fail_as_well() {
    let caller = Caller::new();
    let path = format!("/v1/payment_intents/{}", caller.charged().await);
    caller.fault(FaultPlan::next(1, FaultKind::FailBefore)).await;
    assert_eq!(caller.get(&path).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(caller.get(&path).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_call_waits_and_then_takes_effect() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::Stall).for_ms(60_000)).await;
    let start = Instant::now();
    assert_eq!(caller.charge(CHARGE).await.status, StatusCode::OK);
    assert!(start.elapsed() >= Duration::from_mins(1));
    assert_eq!(caller.charge(CHARGE).await.status, StatusCode::OK);
    assert!(start.elapsed() < Duration::from_secs(61));
}

#[tokio::test(start_paused = true)]
async fn a_stalled_call_takes_effect_although_its_caller_has_gone() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::Stall).for_ms(60_000)).await;
    let patience = Duration::from_secs(1);
    let call = caller.charge_once("k", CHARGE);
    assert!(tokio::time::timeout(patience, call).await.is_err());
    assert_eq!(caller.ledger().await.order("order-1").charges, 0);
    tokio::time::advance(Duration::from_mins(1)).await;
    while caller.ledger().await.order("order-1").charges == 0 {
        tokio::task::yield_now().await;
    }
    assert!(caller.charge_once("k", CHARGE).await.replayed());
}
