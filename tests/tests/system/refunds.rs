//! Refunds of orders that have ended, by staff.

use super::harness::trials;
use super::mails::mails;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;

trials![
    staff_refund_a_completed_order_in_parts_and_no_more_than_was_paid,
    a_running_or_cancelled_order_is_not_refunded,
    a_delayed_refund_is_pending_until_its_request_is_repeated,
    a_refund_whose_function_was_killed_is_made_once_when_it_is_repeated,
    staff_repeat_a_refund_that_fails_after_the_order_was_cancelled,
    a_refund_that_is_not_repeated_is_completed_by_the_sweep,
];

fn euro(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn refund(shop: &Shop, order: &str, key: &str, body: &Value) -> ApiResponse {
    shop.send(refund_request(shop, order, key).json(body)).await
}

fn refund_request(shop: &Shop, order: &str, key: &str) -> reqwest::RequestBuilder {
    let path = format!("/api/orders/{order}/refunds");
    shop.request(Method::POST, &path).header("Idempotency-Key", key)
}

/// A completed order of EUR 20.00.
async fn completed(shop: &Shop) -> String {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
    order
}

async fn refunded(shop: &Shop, order: &str) -> (i64, i64) {
    let ledger = shop.ledger().await;
    let mut payments = ledger["payments"].as_array().expect("a ledger has payments").iter();
    let payment = payments.find(|it| it["order_id"] == order).expect("the order was paid");
    let count = |field: &str| payment[field].as_i64().expect("a ledger counts");
    (count("refunded"), count("refunds"))
}

async fn staff_refund_a_completed_order_in_parts_and_no_more_than_was_paid(shop: &Shop) {
    let order = completed(shop).await;
    let missing = shop.post(&format!("/api/orders/{order}/refunds"), &json!({})).await;
    assert_eq!((missing.status, &missing.body["field"]), (422, &json!("Idempotency-Key")));
    let part = json!({"amount": euro(500), "reason": "a scratch"});
    let first = refund(shop, &order, "part", &part).await;
    assert_eq!((first.status, first.text("status")), (201, "succeeded".to_owned()));
    assert_eq!(refund(shop, &order, "part", &part).await.body, first.body);
    let reused = refund(shop, &order, "part", &json!({"amount": euro(501)})).await;
    assert_eq!((reused.status, reused.problem()), (422, Some("key-reused")));
    let excessive = refund(shop, &order, "more", &json!({"amount": euro(1_501)})).await;
    assert_eq!((excessive.status, excessive.problem()), (409, Some("refund-too-large")));
    assert_eq!(excessive.body["left"], euro(1_500));
    let rest = refund(shop, &order, "rest", &json!({})).await;
    assert_eq!((rest.status, &rest.body["amount"]), (201, &euro(1_500)));
    let nothing = refund(shop, &order, "again", &json!({})).await;
    assert_eq!((nothing.status, nothing.problem()), (409, Some("nothing-to-refund")));

    let shown = shop.get(&format!("/api/orders/{order}")).await;
    assert_eq!(shown.body["refunds"], json!([first.body, rest.body]));
    assert_eq!(shown.body["status"], "completed");
    assert_eq!(refunded(shop, &order).await, (2_000, 2));
    let mails = mails(shop, &shop.email("ann"), 6, Duration::from_secs(20)).await;
    let refund_mails = |sum: &str| {
        let about = |mail: &&Value| {
            mail["subject"].as_str().is_some_and(|subject| subject.starts_with("Refund"))
                && mail["html"].as_str().is_some_and(|html| html.contains(sum))
        };
        mails.iter().filter(about).count()
    };
    assert_eq!((refund_mails("EUR 5.00"), refund_mails("EUR 15.00"), mails.len()), (1, 1, 6));
}

async fn a_running_or_cancelled_order_is_not_refunded(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let minute = json!({"payments": {"next": 1, "after_seconds": 60, "then": "succeed"}});
    shop.payment_settlement(&minute).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["ship_to"]["country"] = json!("AQ");
    let order = shop.place(&order).await;
    until("the payment is processing", Duration::from_secs(20), async || {
        let ledger = shop.ledger().await;
        let mut payments = ledger["payments"].as_array()?.iter();
        payments.any(|it| it["order_id"] == order && it["outcome"] == "processing").then_some(())
    })
    .await;
    let early = refund(shop, &order, "k", &json!({})).await;
    assert_eq!((early.status, early.problem()), (409, Some("order-not-ended")));
    assert!(early.text("detail").contains("refund it once it is completed"), "{early:?}");
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    assert_eq!(shop.ended(&order).await.body["status"], "cancelled");
    let late = refund(shop, &order, "k", &json!({})).await;
    assert_eq!((late.status, late.problem()), (409, Some("nothing-to-refund")));
    assert_eq!(refunded(shop, &order).await, (2_000, 1));
    let resumed = shop.post(&format!("/api/orders/{order}/resume"), &json!({})).await;
    assert_eq!(resumed.status, 204);
}

async fn a_delayed_refund_is_pending_until_its_request_is_repeated(shop: &Shop) {
    let order = completed(shop).await;
    let minute = json!({"refunds": {"next": 1, "after_seconds": 60, "then": "succeed"}});
    shop.payment_settlement(&minute).await;
    let part = json!({"amount": euro(500)});
    let pending = refund(shop, &order, "k", &part).await;
    assert_eq!((pending.status, pending.text("status")), (201, "pending".to_owned()));
    let too_much = refund(shop, &order, "more", &json!({"amount": euro(1_501)})).await;
    assert_eq!((too_much.status, too_much.problem()), (409, Some("refund-too-large")));
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    let done = refund(shop, &order, "k", &part).await;
    assert_eq!(done.text("status"), "succeeded");
    assert_eq!(done.text("refund_id"), pending.text("refund_id"));
    assert_eq!(refunded(shop, &order).await, (500, 1));
}

async fn a_refund_whose_function_was_killed_is_made_once_when_it_is_repeated(shop: &Shop) {
    let order = completed(shop).await;
    shop.payment_faults(&json!({"fault": "stall", "next": 1, "stall_ms": 2_000, "path": "refund"}))
        .await;
    let part = json!({"amount": euro(500)});
    let broken = tokio::spawn(refund_request(shop, &order, "k").json(&part).send());
    let document = format!("/api/orders/{order}");
    until("the refund is under way", Duration::from_secs(20), async || {
        let refunds = shop.get(&document).await.body["refunds"].clone();
        (refunds[0]["status"] == "pending").then_some(())
    })
    .await;
    let function = shop.cluster.function("refund-payment");
    function.kill().await;
    let answer = broken.await.expect("the request is not cancelled").expect("the gateway answers");
    assert_eq!(answer.status(), 503);
    function.start().await.expect("the function starts again");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    until("the refund is repeated", Duration::from_secs(20), async || {
        let repeated = refund(shop, &order, "k", &part).await;
        (repeated.status == 201 && repeated.text("status") == "succeeded").then_some(())
    })
    .await;
    assert_eq!(refunded(shop, &order).await, (500, 1));
    mails(shop, &shop.email("ann"), 5, Duration::from_secs(20)).await;
}

async fn staff_repeat_a_refund_that_fails_after_the_order_was_cancelled(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["ship_to"]["country"] = json!("AQ");
    order["payment_method"] = json!("pm_card_refundFail");
    let order = shop.place(&order).await;
    assert_eq!(shop.ended(&order).await.body["status"], "cancelled");
    // A refund to this card succeeds, and fails some time later.
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    assert_eq!(refunded(shop, &order).await, (0, 0));
    let succeeds = json!({"refunds": {"next": 1, "after_seconds": 60, "then": "succeed"}});
    shop.payment_settlement(&succeeds).await;
    let again = refund(shop, &order, "k", &json!({})).await;
    assert_eq!((again.status, again.text("status")), (201, "pending".to_owned()));
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    let again = refund(shop, &order, "k", &json!({})).await;
    assert_eq!(
        (again.text("status"), &again.body["amount"]),
        ("succeeded".to_owned(), &euro(2_000))
    );
    assert_eq!(refunded(shop, &order).await, (2_000, 1));
    let log = shop.cluster.function("refund-payment").log();
    assert!(log.contains(" failed: the customer did not get the money"));
}

async fn a_refund_that_is_not_repeated_is_completed_by_the_sweep(shop: &Shop) {
    let order = completed(shop).await;
    shop.payment_faults(&json!({"fault": "drop-after", "next": 1, "path": "refund"})).await;
    let broken = refund(shop, &order, "k", &json!({})).await;
    assert_eq!((broken.status, broken.problem()), (503, Some("dependency-unavailable")));
    let document = format!("/api/orders/{order}");
    until("the sweep has completed the refund", Duration::from_mins(3), async || {
        let refunds = shop.get(&document).await.body["refunds"].clone();
        (refunds[0]["status"] == "succeeded").then_some(())
    })
    .await;
    assert_eq!(refunded(shop, &order).await, (2_000, 1));
    mails(shop, &shop.email("ann"), 5, Duration::from_secs(20)).await;
}
