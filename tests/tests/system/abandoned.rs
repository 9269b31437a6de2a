//! Abandoned work: orders whose workflow was terminated, and payments whose caller did not repeat its request.

use super::harness::{MachineLock, System, trials};
use super::payments::{charge, made};
use libtest_mimic::Trial;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    an_order_whose_workflow_was_terminated_continues_when_it_is_resumed,
    an_order_whose_workflow_was_terminated_continues_when_it_is_placed_again,
    a_payment_that_its_caller_does_not_repeat_is_settled_by_the_sweep,
];

pub(crate) fn waiting(system: &System) -> Vec<Trial> {
    let name = "an_order_whose_workflow_was_terminated_is_continued_by_the_sweep";
    vec![system.waiting_trial(module_path!(), name, swept)]
}

/// The time within which the sweep completes an order: it is overdue after 30 s, the reservation time of this
/// cluster, and other tests load the machine meanwhile.
const SWEPT_WITHIN: Duration = Duration::from_mins(3);

/// Requests that an order be resumed, and returns the status of the answer.
pub(crate) async fn resume(shop: &Shop, order: &str) -> u16 {
    let path = format!("/api/orders/{order}/resume");
    shop.send(shop.request(Method::POST, &path)).await.status
}

/// Places an order of a lamp, whose id is the idempotency key.
async fn place_under_a_key(shop: &Shop, lamp: &str) -> String {
    let request = shop.request(Method::POST, "/api/orders").header("Idempotency-Key", lamp);
    let answer = shop.send(request.json(&shop.order(&[(lamp, 1)]))).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    shop.accepted(&answer)
}

/// Terminates the workflow of a paid order while its carrier is paused, and then resumes the carrier. Returns
/// the ids of the order and of the product.
async fn terminate_at_the_carrier(shop: &Shop) -> (String, String) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    shop.cluster.function("ship-order").pause();
    let order = place_under_a_key(shop, &lamp).await;
    until("the order is paid", Duration::from_secs(20), async || {
        (shop.status(&order).await.body["status"] == "paid").then_some(())
    })
    .await;
    engine(shop, Method::POST, &format!("{order}/terminate")).await;
    until("the workflow is terminated", Duration::from_secs(30), async || {
        let answer = engine(shop, Method::GET, &order).await;
        (answer["runtimeStatus"] == "TERMINATED").then_some(())
    })
    .await;
    shop.cluster.function("ship-order").resume();
    (order, lamp)
}

/// Calls the workflow engine until it answers.
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

async fn an_order_whose_workflow_was_terminated_continues_when_it_is_resumed(shop: &Shop) {
    let (order, _) = terminate_at_the_carrier(shop).await;
    until("the order is resumed", Duration::from_secs(30), async || {
        (resume(shop, &order).await == 202).then_some(())
    })
    .await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    assert_eq!(resume(shop, &order).await, 204);
    assert_eq!(resume(shop, "nowhere").await, 404);
}

async fn an_order_whose_workflow_was_terminated_continues_when_it_is_placed_again(shop: &Shop) {
    let (order, lamp) = terminate_at_the_carrier(shop).await;
    assert_eq!(place_under_a_key(shop, &lamp).await, order);
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

async fn swept(shop: &Shop, lock: &MachineLock) {
    let order = {
        let _guard = lock.lock().await;
        let (order, _) = terminate_at_the_carrier(shop).await;
        engine(shop, Method::POST, &format!("{order}/purge")).await;
        assert_ne!(shop.status(&order).await.body["status"], "completed");
        order
    };
    shop.all_complete(&[order], SWEPT_WITHIN).await;
}

async fn a_payment_that_its_caller_does_not_repeat_is_settled_by_the_sweep(shop: &Shop) {
    let answer_lost = json!({"fault": "drop-after", "next": 1, "path": "confirm"});
    shop.payment_faults(&answer_lost).await;
    let lost = shop.post("/api/payments", &charge(shop)).await;
    assert_eq!((lost.status, lost.problem()), (503, Some("dependency-unavailable")));
    let mut never_confirmed = charge(shop);
    never_confirmed["order_id"] = json!(shop.id("never"));
    shop.payment_faults(&json!({"fault": "drop-before", "next": 1, "path": "confirm"})).await;
    assert_eq!(shop.post("/api/payments", &never_confirmed).await.status, 503);
    until("the sweep has settled both payments", Duration::from_mins(3), async || {
        let log = shop.cluster.function("process-payment").log();
        let canceled = made(shop, &shop.id("never")).await[0]["outcome"] == "canceled";
        (canceled && log.matches("is overdue").count() >= 2).then_some(())
    })
    .await;
    let mut outcomes = made(shop, &shop.id("direct")).await;
    outcomes.extend(made(shop, &shop.id("never")).await);
    let outcomes: Vec<_> = outcomes.iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["charged", "canceled"]);
    // Both requests may be repeated: one payment is made already, the other is made now.
    for payment in [charge(shop), never_confirmed] {
        let paid = shop.post("/api/payments", &payment).await;
        assert_eq!((paid.status, paid.text("status")), (201, "charged".to_owned()));
    }
    assert_eq!(made(shop, &shop.id("direct")).await.len(), 1);
}
