//! The control paths: plans that are rejected or cleared, health, the ledger's form.

use crate::payment::support::{CHARGE, Caller, DECLINED};
use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use stand_in::payment::{FaultKind, FaultPlan};

#[tokio::test]
async fn an_invalid_plan_is_rejected_and_the_answer_says_why() {
    let caller = Caller::new();
    for (plan, message) in [
        ("", "EOF"),
        ("next", "JSON"),
        (r#"{"next": 1}"#, "missing field `fault`"),
        (r#"{"next": 1, "fault": "explode"}"#, "unknown variant `explode`"),
        (r#"{"next": 1, "fault": "fail-after", "paht": "refunds"}"#, "unknown field `paht`"),
        (r#"{"next": 1, "fault": "fail-after", "path": "charges"}"#, "unknown variant `charges`"),
        (r#"{"next": -1, "fault": "fail-after"}"#, "next"),
        (r#"{"next": 0, "fault": "fail-after"}"#, "next must be 1 to 1000000"),
        (r#"{"next": 1, "fault": "stall", "stall_ms": 0}"#, "stall_ms must be 1 to 600000"),
        (r#"{"next": 1, "fault": "fail-after", "stall_ms": 5}"#, "stall_ms goes with"),
    ] {
        let answer = caller.put_faults(plan.to_owned()).await;
        assert!((400..500).contains(&answer.status), "{plan}: {answer:?}");
        let actual = answer.text("/error");
        assert!(actual.contains(message), "{plan}: {actual}");
    }
    assert_eq!(caller.charge(CHARGE).await.status, 200);
}

#[tokio::test]
async fn clearing_ends_a_plan_and_a_new_plan_replaces_it() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1000, FaultKind::FailBefore)).await;
    caller.fault(FaultPlan::next(2, FaultKind::FailAfter)).await;
    assert_eq!(caller.charge(CHARGE).await.status, 500);
    let clear = Request::delete("/control/faults").body(Body::empty()).unwrap();
    assert_eq!(caller.send(clear).await.status, 204);
    assert_eq!(caller.charge(CHARGE).await.status, 200);
    assert_eq!(caller.ledger().await.order("order-1").charges, 2);
}

#[tokio::test]
async fn the_ledger_shows_every_attempt_in_turn() {
    let caller = Caller::new();
    caller.charge(DECLINED).await;
    let intent = caller.charged().await;
    caller.refund(&format!("payment_intent={intent}&amount=250")).await;
    caller.charge(&CHARGE.replace("&metadata%5Border_id%5D=order-1", "")).await;
    let ledger = serde_json::to_value(caller.ledger().await).unwrap();
    let mut payments = ledger["payments"].clone();
    for payment in payments.as_array_mut().unwrap() {
        let id = payment.as_object_mut().unwrap().remove("payment_intent").unwrap();
        assert!(id.as_str().unwrap().starts_with("pi_"));
    }
    let expected = json!([
        {"order_id": "order-1", "amount": 1250, "currency": "eur", "outcome": "declined",
         "refunded": 0, "refunds": 0},
        {"order_id": "order-1", "amount": 1250, "currency": "eur", "outcome": "charged",
         "refunded": 250, "refunds": 1},
        {"order_id": null, "amount": 1250, "currency": "eur", "outcome": "charged",
         "refunded": 0, "refunds": 0},
    ]);
    assert_eq!(payments, expected);
    assert_eq!(ledger["calls"]["payment_intents"], 3);
    assert_eq!(ledger["calls"]["refunds"], 1);
}
