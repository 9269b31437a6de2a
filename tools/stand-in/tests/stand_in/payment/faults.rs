//! Faults: stalls, failures before and after the effect.
//!
//! See <https://docs.stripe.com/error-low-level>.

use crate::payment::support::{CHARGE, Caller};
use stand_in::payment::{Area, FaultKind, FaultPlan};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn a_call_that_fails_before_has_no_effect_and_its_retry_runs() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailBefore)).await;
    let failed = caller.charge_once("k", CHARGE).await;
    assert_eq!(failed.status, 500);
    assert_eq!(failed.text("/error/type"), "api_error");
    assert_eq!(caller.ledger().await.order("order-1").charges, 0);
    let retry = caller.charge_once("k", CHARGE).await;
    assert_eq!((retry.status, retry.replayed()), (200, false));
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

#[tokio::test]
async fn a_call_that_fails_after_takes_effect_and_its_retry_finds_it_done() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailAfter)).await;
    let failed = caller.charge_once("k", CHARGE).await;
    assert_eq!(failed.status, 500);
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
    let retry = caller.charge_once("k", CHARGE).await;
    assert_eq!((retry.status, retry.replayed()), (200, true));
    assert_eq!(retry.text("/status"), "succeeded");
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

#[tokio::test]
async fn retries_use_a_plan_up_one_by_one() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(3, FaultKind::FailAfter)).await;
    for _ in 0..3 {
        let failed = caller.charge_once("k", CHARGE).await;
        assert_eq!(failed.status, 500);
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
    assert_eq!(invalid.status, 400);
    let failed = caller.charge(CHARGE).await;
    assert_eq!(failed.status, 500);
}

#[tokio::test]
async fn a_plan_for_refunds_leaves_charges_alone() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailAfter).on(Area::Refunds)).await;
    let form = format!("payment_intent={}", caller.charged().await);
    assert_eq!(caller.refund(&form).await.status, 500);
    assert_eq!(caller.ledger().await.order("order-1").net(), 0);
}

#[tokio::test]
async fn reads_of_an_intent_fail_as_well() {
    let caller = Caller::new();
    let path = format!("/v1/payment_intents/{}", caller.charged().await);
    caller.fault(FaultPlan::next(1, FaultKind::FailBefore)).await;
    assert_eq!(caller.get(&path).await.status, 500);
    assert_eq!(caller.get(&path).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_call_waits_and_then_takes_effect() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::Stall).for_ms(60_000)).await;
    let start = Instant::now();
    assert_eq!(caller.charge(CHARGE).await.status, 200);
    assert!(start.elapsed() >= Duration::from_mins(1));
    assert_eq!(caller.charge(CHARGE).await.status, 200);
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

/// <https://docs.stripe.com/rate-limits> and <https://docs.stripe.com/error-low-level>
#[tokio::test]
async fn a_call_that_is_turned_away_has_no_effect_and_leaves_its_key_free() {
    for (fault, status, code) in [
        (FaultKind::RateLimit, 429, "rate_limit"),
        (FaultKind::Conflict, 409, "idempotency_key_in_use"),
    ] {
        let caller = Caller::new();
        caller.fault(FaultPlan::next(1, fault)).await;
        let turned_away = caller.charge_once("k", CHARGE).await;
        assert_eq!((turned_away.status, turned_away.text("/error/code")), (status, code));
        assert_eq!(caller.ledger().await.order("order-1").charges, 0);
        let retry = caller.charge_once("k", CHARGE).await;
        assert_eq!((retry.status, retry.replayed()), (200, false));
    }
}

#[tokio::test]
async fn a_connection_drops_before_or_after_the_effect_of_its_call() {
    for (fault, charges) in [(FaultKind::DropBefore, 0), (FaultKind::DropAfter, 1)] {
        let caller = Caller::new();
        caller.fault(FaultPlan::next(1, fault)).await;
        let dropped = tokio::spawn({
            let caller = caller.clone();
            async move { caller.charge_once("k", CHARGE).await }
        });
        assert!(dropped.await.is_err_and(|error| error.is_panic()));
        assert_eq!(caller.ledger().await.order("order-1").charges, charges);
        let retry = caller.charge_once("k", CHARGE).await;
        assert_eq!((retry.status, retry.replayed()), (200, charges == 1));
    }
}

#[tokio::test]
async fn a_plan_applies_to_the_operation_that_it_names() {
    let confirm = "payment_method=pm_card_visa";
    for (area, injected) in [
        (Area::Create, [true, false, false, false, false]),
        (Area::Confirm, [false, true, false, false, false]),
        (Area::Read, [false, false, true, false, false]),
        (Area::Cancel, [false, false, false, true, false]),
        (Area::Refund, [false, false, false, false, true]),
        (Area::PaymentIntents, [true, true, true, true, false]),
        (Area::Refunds, [false, false, false, false, true]),
        (Area::KeyRotations, [false; 5]),
    ] {
        let caller = Caller::new();
        let [one, other, paid] =
            [caller.created().await, caller.created().await, caller.charged().await];
        caller.fault(FaultPlan::every(FaultKind::FailBefore).on(area)).await;
        let answers = [
            caller.charge(CHARGE).await,
            caller.confirm(&one, confirm).await,
            caller.read(&one).await,
            caller.cancel(&other).await,
            caller.refund(&format!("payment_intent={paid}")).await,
        ];
        let failed = answers.map(|answer| answer.status == 500);
        assert_eq!(failed, injected, "{area:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stall_without_a_number_is_latency_until_it_is_cleared() {
    let caller = Caller::new();
    caller.fault(FaultPlan::every(FaultKind::Stall).for_ms(300)).await;
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(caller.charge(CHARGE).await.status, 200);
    }
    assert_eq!(start.elapsed(), Duration::from_secs(3));
}
