//! Recovery after a fault is fixed: orders that waited complete, and a stuck order is cancelled. An order is
//! stuck soon in this cluster, which retries undos only a few times.

use super::abandoned::resume;
use super::harness::trials;
use futures::future::join_all;
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    orders_that_wait_for_valid_credentials_complete,
    an_order_whose_refund_keeps_failing_is_stuck_until_it_is_resumed,
];

/// Stores another key in the vault, as an operator does.
async fn store_key(shop: &Shop, key: &Value) {
    let vault = shop.cluster.key_vault_url().expect("credentials are in a vault");
    let request = shop.http.put(format!("{vault}/control/secrets/payment-api-key"));
    let secret = json!({"value": key, "tags": {"payment-key-id": "mk_first"}});
    let answer = request.json(&secret).send().await.expect("the vault answers");
    assert!(answer.status().is_success(), "{answer:?}");
}

/// Restarts the payment function, which remembers for a while the key that it has read.
async fn forget_key(shop: &Shop) {
    let function = shop.cluster.function("process-payment");
    function.stop(Duration::from_secs(10)).await;
    function.start().await.expect("it starts");
    shop.cluster.wait_ready().await.expect("the shop is ready again");
}

async fn orders_that_wait_for_valid_credentials_complete(shop: &Shop) {
    let secrets = fs::read_to_string(shop.cluster.secrets_file()).expect("there are secrets");
    let secrets: Value = serde_json::from_str(&secrets).expect("secrets are JSON");
    let lamp = shop.sell("lamp", 2_000, 100).await;
    store_key(shop, &json!("sk_test_wrong")).await;
    forget_key(shop).await;
    let body = shop.order(&[(&lamp, 1)]);
    let orders = join_all((0..20).map(|_| shop.place(&body))).await;
    until("every order waits", Duration::from_mins(1), async || {
        let statuses = join_all(orders.iter().map(|order| shop.status(order))).await;
        statuses.iter().all(|answer| answer.body["status"] == "reserved").then_some(())
    })
    .await;
    until("the log states the fix", Duration::from_secs(20), async || {
        let log = shop.cluster.function("process-payment").log();
        log.contains("put one into secret `payment-api-key`").then_some(())
    })
    .await;
    store_key(shop, &secrets["payment-api-key"]).await;
    shop.all_complete(&orders, Duration::from_mins(1)).await;
}

async fn an_order_whose_refund_keeps_failing_is_stuck_until_it_is_resumed(shop: &Shop) {
    let lamp = shop.sell("lamp", 2_000, 5).await;
    shop.payment_faults(&json!({"fault": "fail-before", "path": "refund"})).await;
    let mut body = shop.order(&[(&lamp, 1)]);
    body["ship_to"]["country"] = json!("AQ");
    let order = shop.place(&body).await;
    assert_eq!(shop.ended(&order).await.body["status"], "stuck");
    assert_eq!(shop.status(&order).await.body["left"], json!(["refund-payment"]));
    assert_eq!(shop.stock(&lamp).await, (5, 0), "the other undos are done");
    assert_eq!(refunds(shop, &order).await, 0);

    assert_eq!(resume(shop, &order).await, 202);
    shop.clear_payment_faults().await;
    until("the order is cancelled", Duration::from_mins(1), async || {
        (shop.status(&order).await.body["status"] == "cancelled").then_some(())
    })
    .await;
    assert_eq!(refunds(shop, &order).await, 1);
}

/// The number of refunds of an order that the provider made.
async fn refunds(shop: &Shop, order: &str) -> usize {
    let ledger = shop.ledger().await;
    let moved = ledger["movements"].as_array().expect("a ledger has movements").iter();
    moved.filter(|it| it["order_id"] == order && it["kind"] == "refund").count()
}
