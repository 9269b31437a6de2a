//! Payments by callers and of orders, with a provider that stalls and fails.

use super::harness::trials;
use super::outages::outlast_reservations;
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tests::system::shop::{ApiResponse, Shop};
use tests::system::wait::until;

trials![
    a_payment_is_made_once_and_refunded_in_parts,
    a_declined_payment_is_made_by_another_method,
    a_caller_can_neither_refund_nor_block_the_payment_of_an_order,
    an_order_is_charged_once_despite_replayed_failures_and_expired_keys,
    a_processing_charge_is_awaited,
    an_order_is_cancelled_only_once_its_refund_has_succeeded,
    nothing_is_charged_for_orders_that_are_cancelled_during_a_provider_outage,
    a_stalled_provider_delays_an_order_and_charges_it_once,
    a_charge_whose_answer_was_lost_is_not_made_again,
    an_invalid_provider_key_delays_orders_until_their_reservation_expires_and_is_logged,
];

/// A payment by a caller, with a reference that only this test uses.
pub(crate) fn charge(shop: &Shop) -> Value {
    json!({
        "order_id": shop.id("direct"),
        "amount": {"amount": 700, "currency": "EUR"},
        "payment_method": "pm_card_visa"
    })
}

/// The provider's payments with a caller's reference.
pub(crate) async fn made(shop: &Shop, reference: &str) -> Vec<Value> {
    let ledger = shop.ledger().await;
    let made = ledger["payments"].as_array().expect("a ledger has payments").iter();
    made.filter(|payment| payment["reference"] == reference).cloned().collect()
}

async fn refund(shop: &Shop, payment: &str, key: &str, amount: Option<i64>) -> ApiResponse {
    let path = format!("/api/payments/{payment}/refund");
    let body = amount.map_or(json!({}), |amount| json!({"amount": euro(amount)}));
    let request = shop.request(Method::POST, &path).header("Idempotency-Key", key);
    shop.send(request.json(&body)).await
}

fn euro(amount: i64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn a_payment_is_made_once_and_refunded_in_parts(shop: &Shop) {
    let first = shop.post("/api/payments", &charge(shop)).await;
    assert_eq!((first.status, first.text("status")), (201, "charged".to_owned()));
    assert_eq!(shop.post("/api/payments", &charge(shop)).await.body, first.body);
    let id = first.text("payment_id");
    assert_eq!(first.location, Some(format!("/api/payments/{id}")));
    assert_eq!(shop.get(&format!("/api/payments/{id}")).await.body, first.body);
    let mut other = charge(shop);
    other["amount"]["amount"] = json!(800);
    let refused = shop.post("/api/payments", &other).await;
    assert_eq!((refused.status, refused.problem()), (409, Some("payment-mismatch")));

    for _ in 0..2 {
        let refunded = refund(shop, &id, "part", Some(300)).await;
        assert_eq!((refunded.status, refunded.text("status")), (200, "charged".to_owned()));
    }
    let refused = refund(shop, &id, "more", Some(401)).await;
    assert_eq!((refused.status, refused.problem()), (409, Some("refund-too-large")));
    assert_eq!(refused.body["left"], euro(400));
    for _ in 0..2 {
        let refunded = shop.post(&format!("/api/payments/{id}/refund"), &json!({})).await;
        assert_eq!((refunded.status, refunded.text("status")), (200, "refunded".to_owned()));
    }
    let made = made(shop, &shop.id("direct")).await;
    assert_eq!(made.len(), 1);
    assert_eq!((&made[0]["refunded"], &made[0]["refunds"]), (&json!(700), &json!(2)));
}

async fn a_declined_payment_is_made_by_another_method(shop: &Shop) {
    let mut payment = charge(shop);
    payment["order_id"] = json!(shop.id("declined"));
    payment["payment_method"] = json!("pm_card_chargeDeclined");
    for _ in 0..2 {
        let refused = shop.post("/api/payments", &payment).await;
        assert_eq!((refused.status, refused.problem()), (402, Some("payment-declined")));
    }
    payment["payment_method"] = json!("pm_card_authenticationRequired");
    let refused = shop.post("/api/payments", &payment).await;
    assert_eq!((refused.status, refused.problem()), (402, Some("payment-needs-customer")));
    payment["payment_method"] = json!("pm_card_visa");
    assert_eq!(shop.post("/api/payments", &payment).await.status, 201);
    let outcomes: Vec<_> =
        made(shop, &shop.id("declined")).await.iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["canceled", "canceled", "charged"]);
}

async fn a_caller_can_neither_refund_nor_block_the_payment_of_an_order(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    // The order's id is derived from its customer and its key.
    let place = async || {
        let request = shop.request(Method::POST, "/api/orders").header("Idempotency-Key", "k");
        shop.send(request.json(&shop.order(&[(&lamp, 1)]))).await
    };
    let order = shop.accepted(&place().await);
    let mut stray = charge(shop);
    stray["order_id"] = json!(order);
    assert_eq!(shop.post("/api/payments", &stray).await.status, 201);
    let ended = shop.ended(&order).await;
    assert_eq!(ended.body["status"], "completed");
    let refused = refund(shop, &ended.text("payment_id"), "k", None).await;
    assert_eq!((refused.status, refused.problem()), (409, Some("payment-of-an-order")));
    let detail = refused.text("detail");
    assert!(detail.contains(&format!("belongs to order {order}")), "{detail}");
}

async fn an_order_is_charged_once_despite_replayed_failures_and_expired_keys(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 10).await;
    for (fault, path) in [
        ("crash-before", "create"),
        ("crash-after", "create"),
        ("drop-after", "create"),
        ("crash-before", "confirm"),
        ("crash-after", "confirm"),
        ("drop-after", "confirm"),
        ("rate-limit", "confirm"),
        ("conflict", "create"),
    ] {
        shop.payment_faults(&json!({"fault": fault, "next": 2, "path": path})).await;
        let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
        shop.advance_payment_clock(Duration::from_hours(25)).await;
        assert_eq!(shop.ended(&order).await.body["status"], "completed", "{fault} {path}");
    }
}

async fn a_processing_charge_is_awaited(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let minute = json!({"payments": {"next": 1, "after_seconds": 60, "then": "succeed"}});
    shop.payment_settlement(&minute).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    until("the payment is processing", Duration::from_secs(20), async || {
        let ledger = shop.ledger().await;
        let mut payments = ledger["payments"].as_array()?.iter();
        payments.any(|it| it["order_id"] == order && it["outcome"] == "processing").then_some(())
    })
    .await;
    assert_eq!(shop.status(&order).await.body["status"], "reserved");
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

async fn an_order_is_cancelled_only_once_its_refund_has_succeeded(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    // The first refund fails, and the second is delayed.
    let fails = json!({"refunds": {"next": 1, "after_seconds": 60, "then": "fail"}});
    shop.payment_settlement(&fails).await;
    let mut order = shop.order(&[(&lamp, 1)]);
    order["ship_to"]["country"] = json!("AQ");
    let order = shop.place(&order).await;
    let refunds = async || {
        let ledger = shop.ledger().await;
        let moved = ledger["movements"].as_array().expect("a ledger has movements").clone();
        let refund = |it: &&Value| it["order_id"] == order && it["kind"] == "refund";
        moved.iter().filter(refund).map(|it| it["status"].clone()).collect::<Vec<_>>()
    };
    until("the refund is pending", Duration::from_secs(20), async || {
        (refunds().await == ["pending"]).then_some(())
    })
    .await;
    assert_ne!(shop.status(&order).await.body["status"], "cancelled");
    let succeeds = json!({"refunds": {"next": 1, "after_seconds": 60, "then": "succeed"}});
    shop.payment_settlement(&succeeds).await;
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    until("another refund is pending", Duration::from_secs(40), async || {
        (refunds().await == ["pending", "failed", "pending"]).then_some(())
    })
    .await;
    shop.advance_payment_clock(Duration::from_mins(1)).await;
    assert_eq!(shop.ended(&order).await.body["status"], "cancelled");
    assert_eq!(refunds().await, ["pending", "failed", "pending", "succeeded"]);
}

async fn nothing_is_charged_for_orders_that_are_cancelled_during_a_provider_outage(shop: &Shop) {
    outlast_reservations(shop, Duration::from_mins(1)).await;
}

async fn a_stalled_provider_delays_an_order_and_charges_it_once(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    // Longer than the timeout of a request to the provider: the first attempt fails.
    shop.payment_faults(&json!({"fault": "stall", "next": 1, "stall_ms": 7_000})).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

async fn a_charge_whose_answer_was_lost_is_not_made_again(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    for fault in ["fail-before", "fail-after"] {
        shop.payment_faults(&json!({"fault": fault, "next": 2})).await;
        let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
        assert_eq!(shop.ended(&order).await.body["status"], "completed");
    }
}

async fn an_invalid_provider_key_delays_orders_until_their_reservation_expires_and_is_logged(
    shop: &Shop,
) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let secrets = shop.cluster.secrets_file();
    let right = fs::read_to_string(secrets).expect("the secrets are readable");
    replace_secrets(shop, r#"{"payment-api-key": "sk_test_wrong"}"#).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    until("the log states the fix", Duration::from_secs(20), async || {
        let log = shop.cluster.function("process-payment").log();
        log.contains("put one into secret `payment-api-key`").then_some(())
    })
    .await;
    assert_eq!(shop.status(&order).await.body["status"], "reserved");
    let ended = shop.ended(&order).await;
    replace_secrets(shop, &right).await;

    assert_eq!(ended.body["status"], "cancelled");
    assert_eq!(ended.body["reason"]["code"], "step-failed");
    assert_eq!(shop.stock(&lamp).await, (5, 0));
    let key =
        serde_json::from_str::<Value>(&right).expect("the secrets are JSON")["payment-api-key"]
            .clone();
    let logs = fs::read_dir(shop.cluster.folder().join("logs")).expect("there are logs");
    for log in logs {
        let log = fs::read(log.expect("a log is listed").path()).expect("a log is readable");
        let log = String::from_utf8_lossy(&log);
        assert!(
            !log.contains("sk_test_wrong")
                && !log.contains(key.as_str().expect("the key is a string"))
        );
    }
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

/// Replaces the credentials of process-payment: its sidecar reads the file when it starts, and it remembers for a
/// while what it has read.
async fn replace_secrets(shop: &Shop, secrets: &str) {
    let cluster = &shop.cluster;
    let processes = [cluster.function("process-payment"), cluster.sidecar("process-payment")];
    for process in processes {
        process.stop(Duration::from_secs(10)).await;
    }
    fs::write(cluster.secrets_file(), secrets).expect("the secrets are writable");
    for process in processes {
        process.start().await.expect("it starts");
    }
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    // A sidecar that stops is no longer resolved; the others find the new one after a while.
    until("process-payment can be invoked again", Duration::from_secs(20), async || {
        let answer = shop.post("/api/payments", &json!({})).await;
        (answer.status == 422).then_some(())
    })
    .await;
}
