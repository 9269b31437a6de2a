//! Payments, directly and under a provider that stalls and fails.

use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

fn charge(shop: &Shop) -> Value {
    json!({
        "order_id": shop.id("direct"),
        "amount": {"amount": 700, "currency": "EUR"},
        "payment_method": "pm_card_visa"
    })
}

pub(crate) async fn a_payment_is_made_once_and_refunded_once(shop: &Shop) {
    let first = shop.post("/api/payments", &charge(shop)).await;
    assert_eq!((first.status, first.text("status")), (201, "charged".to_owned()));
    assert_eq!(shop.post("/api/payments", &charge(shop)).await.body, first.body);
    let mut other = charge(shop);
    other["amount"]["amount"] = json!(800);
    let refused = shop.post("/api/payments", &other).await;
    assert_eq!((refused.status, refused.problem()), (409, Some("payment-mismatch")));

    let refund = format!("/api/payments/{}/refund", first.text("payment_id"));
    for _ in 0..2 {
        let refunded = shop.post(&refund, &json!({})).await;
        assert_eq!((refunded.status, refunded.text("status")), (200, "refunded".to_owned()));
    }
    let mut declined = charge(shop);
    declined["order_id"] = json!(shop.id("declined"));
    declined["payment_method"] = json!("pm_card_chargeDeclined");
    for _ in 0..2 {
        let refused = shop.post("/api/payments", &declined).await;
        assert_eq!((refused.status, refused.problem()), (402, Some("payment-declined")));
    }
    let ledger = shop.ledger().await;
    let made = ledger["payments"].as_array().expect("a ledger has payments").iter();
    let made: Vec<_> =
        made.filter(|payment| payment["order_id"] == charge(shop)["order_id"]).collect();
    assert_eq!(
        (made.len(), &made[0]["refunded"], &made[0]["refunds"]),
        (1, &json!(700), &json!(1))
    );
}

pub(crate) async fn a_stalled_provider_delays_an_order_and_charges_it_once(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    // Longer than a request to the provider may take: the first try gives up.
    shop.payment_faults(&json!({"fault": "stall", "next": 1, "stall_ms": 7_000})).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

pub(crate) async fn a_charge_whose_answer_was_lost_is_found_again(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    for fault in ["fail-before", "fail-after"] {
        shop.payment_faults(&json!({"fault": fault, "next": 2})).await;
        let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
        assert_eq!(shop.ended(&order).await.body["status"], "completed");
    }
}

pub(crate) async fn a_wrong_key_cancels_the_order_and_tells_what_to_fix(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    let secrets = shop.cluster.secrets_file();
    let right = fs::read_to_string(secrets).expect("the secrets are readable");
    replace_secrets(shop, r#"{"payment-api-key": "sk_test_wrong"}"#).await;
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    let ended = shop.ended(&order).await;
    replace_secrets(shop, &right).await;

    assert_eq!(ended.body["status"], "cancelled");
    assert_eq!(ended.body["reason"]["type"], "payment-unavailable");
    assert_eq!(shop.stock(&lamp).await, (5, 0));
    let log = shop.cluster.function("process-payment").log();
    assert!(log.contains("put a valid one into secret `payment-api-key`"), "{log}");
    let key =
        serde_json::from_str::<Value>(&right).expect("the secrets are JSON")["payment-api-key"]
            .clone();
    let logs = fs::read_dir(shop.cluster.folder().join("logs")).expect("there are logs");
    for log in logs {
        let log = fs::read(log.expect("a log is listed").path()).expect("a log is readable");
        let log = String::from_utf8_lossy(&log);
        assert!(
            !log.contains("sk_test_wrong")
                && !log.contains(key.as_str().expect("the key is a text"))
        );
    }
    let order = shop.place(&shop.order(&[(&lamp, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

/// Gives process-payment other credentials: its sidecar reads the file when it starts.
async fn replace_secrets(shop: &Shop, secrets: &str) {
    let sidecar = shop.cluster.sidecar("process-payment");
    sidecar.stop(Duration::from_secs(10)).await;
    fs::write(shop.cluster.secrets_file(), secrets).expect("the secrets are writable");
    sidecar.start().await.expect("the sidecar starts");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
    // A sidecar that stopped takes its name with it; others find the new one when they look again.
    until("process-payment can be invoked again", Duration::from_secs(20), async || {
        let answer = shop.post("/api/payments", &json!({})).await;
        (answer.status == 422).then_some(())
    })
    .await;
}
