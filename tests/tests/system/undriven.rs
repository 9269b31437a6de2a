//! What nothing drives any more: orders whose workflow was ended from outside, and payments whose caller
//! stayed away.

use super::harness::{System, Turn, trials};
use super::payments::{charge, made};
use libtest_mimic::Trial;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    an_order_whose_workflow_was_ended_is_driven_on_when_it_is_resumed,
    an_order_whose_workflow_was_ended_is_driven_on_when_it_is_placed_again,
    a_charge_whose_caller_never_came_back_is_found_by_the_sweep,
];

pub(crate) fn waiting(system: &System) -> Vec<Trial> {
    let name = "an_order_whose_workflow_was_ended_is_driven_on_by_the_sweep";
    vec![system.waiting_trial(module_path!(), name, swept)]
}

/// How soon the sweep has found an order: it is overdue after 30 s, in the cluster that holds stock
/// for that long, and others take the machine meanwhile.
const SWEPT_WITHIN: Duration = Duration::from_mins(3);

/// Asks for an order to be resumed, and returns the status of the answer.
pub(crate) async fn resume(shop: &Shop, order: &str) -> u16 {
    let path = format!("/api/orders/{order}/resume");
    shop.send(shop.request(Method::POST, &path)).await.status
}

/// The order of a lamp, under a key of its own.
async fn place_under_a_key(shop: &Shop, lamp: &str) -> String {
    let request = shop.request(Method::POST, "/api/orders").header("Idempotency-Key", lamp);
    let answer = shop.send(request.json(&shop.order(&[(lamp, 1)]))).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    shop.accepted(&answer)
}

/// Ends the workflow of an order that is paid and whose carrier does not answer, and lets the carrier
/// answer again. The answer is the order, and what was ordered.
async fn break_off_at_the_carrier(shop: &Shop) -> (String, String) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    shop.cluster.function("ship-order").pause();
    let order = place_under_a_key(shop, &lamp).await;
    until("the order is paid", Duration::from_secs(20), async || {
        (shop.status(&order).await.body["status"] == "paid").then_some(())
    })
    .await;
    engine(shop, Method::POST, &format!("{order}/terminate")).await;
    until("the workflow is ended", Duration::from_secs(30), async || {
        let answer = engine(shop, Method::GET, &order).await;
        (answer["runtimeStatus"] == "TERMINATED").then_some(())
    })
    .await;
    shop.cluster.function("ship-order").resume();
    (order, lamp)
}

/// Asks the workflow engine, until it answers.
async fn engine(shop: &Shop, method: Method, path: &str) -> Value {
    let sidecar = shop.cluster.sidecar_url("order-saga");
    let url = format!("{sidecar}/v1.0/workflows/dapr/{path}");
    until("the workflow engine answers", Duration::from_secs(30), async || {
        let answer = shop.http.request(method.clone(), &url).send().await.ok()?;
        let answer = answer.error_for_status().ok()?;
        Some(answer.json().await.unwrap_or_default())
    })
    .await
}

async fn an_order_whose_workflow_was_ended_is_driven_on_when_it_is_resumed(shop: &Shop) {
    let (order, _) = break_off_at_the_carrier(shop).await;
    until("the order is resumed", Duration::from_secs(30), async || {
        (resume(shop, &order).await == 202).then_some(())
    })
    .await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    assert_eq!(resume(shop, &order).await, 204);
    assert_eq!(resume(shop, "nowhere").await, 404);
}

async fn an_order_whose_workflow_was_ended_is_driven_on_when_it_is_placed_again(shop: &Shop) {
    let (order, lamp) = break_off_at_the_carrier(shop).await;
    assert_eq!(place_under_a_key(shop, &lamp).await, order);
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

async fn swept(shop: &Shop, turn: &Turn) {
    let order = {
        let _turn = turn.lock().await;
        let (order, _) = break_off_at_the_carrier(shop).await;
        engine(shop, Method::POST, &format!("{order}/purge")).await;
        assert_ne!(shop.status(&order).await.body["status"], "completed");
        order
    };
    shop.all_complete(&[order], SWEPT_WITHIN).await;
}

async fn a_charge_whose_caller_never_came_back_is_found_by_the_sweep(shop: &Shop) {
    let answer_lost = json!({"fault": "drop-after", "next": 1, "path": "confirm"});
    shop.payment_faults(&answer_lost).await;
    let left = shop.post("/api/payments", &charge(shop)).await;
    assert_eq!((left.status, left.problem()), (503, Some("dependency-unavailable")));
    let mut never_asked = charge(shop);
    never_asked["order_id"] = json!(shop.id("never"));
    shop.payment_faults(&json!({"fault": "drop-before", "next": 1, "path": "confirm"})).await;
    assert_eq!(shop.post("/api/payments", &never_asked).await.status, 503);
    until("the sweep has come by", Duration::from_mins(3), async || {
        let log = shop.cluster.function("process-payment").log();
        let canceled = made(shop, &shop.id("never")).await[0]["outcome"] == "canceled";
        (canceled && log.matches("is overdue").count() >= 2).then_some(())
    })
    .await;
    let mut outcomes = made(shop, &shop.id("direct")).await;
    outcomes.extend(made(shop, &shop.id("never")).await);
    let outcomes: Vec<_> = outcomes.iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["charged", "canceled"]);
    // Both may come back: one has paid, the other does so now.
    for payment in [charge(shop), never_asked] {
        let paid = shop.post("/api/payments", &payment).await;
        assert_eq!((paid.status, paid.text("status")), (201, "charged".to_owned()));
    }
    assert_eq!(made(shop, &shop.id("direct")).await.len(), 1);
}
