//! The payment provider's key is replaced while payments are made, in a shop whose credentials are in a
//! vault.

use super::harness::trials;
use futures::stream::{self, StreamExt};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tests::system::shop::Shop;
use tests::system::wait::until;

trials![
    the_key_is_replaced_during_200_payments_and_none_fails,
    an_event_that_is_delivered_again_does_not_replace_the_key_again,
    an_interrupted_rotation_is_completed_with_one_new_key,
    no_log_contains_a_key,
];

const FUNCTION: &str = "rotate-payment-key";
const KEY: &str = "payment-api-key";
const PREVIOUS: &str = "payment-api-key-previous";

/// The time within which a rotation ends, under any fault.
const ROTATES_WITHIN: Duration = Duration::from_secs(40);

async fn control(shop: &Shop, method: Method, url: String, body: Option<Value>) -> Value {
    let mut request = shop.http.request(method, url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("the simulator answers");
    assert!(answer.status().is_success(), "{answer:?}");
    answer.json().await.unwrap_or_default()
}

/// The vault's answer at `path`.
async fn vault(shop: &Shop, path: &str) -> Value {
    let url = shop.cluster.key_vault_url().expect("credentials are in a vault");
    control(shop, Method::GET, format!("{url}/control/{path}"), None).await
}

/// The number of versions of a secret that the vault keeps.
async fn versions(shop: &Shop, name: &str) -> usize {
    let secrets = vault(shop, "secrets").await;
    let mut secrets = secrets.as_array().into_iter().flatten();
    let secret = secrets.find(|secret| secret["name"] == name);
    secret.and_then(|secret| secret["versions"].as_array()).map_or(0, Vec::len)
}

/// The keys that the payment provider knows, oldest first.
async fn keys(shop: &Shop) -> Vec<Value> {
    let url = format!("{}/control/keys", shop.cluster.simulator_url());
    let keys = control(shop, Method::GET, url, None).await;
    keys.as_array().expect("the keys are a list").clone()
}

/// Sets whether the provider delays the activation of new keys.
async fn hold_new_keys(shop: &Shop, hold: bool) {
    let url = format!("{}/control/keys", shop.cluster.simulator_url());
    control(shop, Method::PUT, url, Some(json!({"hold_new": hold}))).await;
}

async fn end_key(shop: &Shop, id: &str) {
    let url = format!("{}/control/keys/{id}", shop.cluster.simulator_url());
    control(shop, Method::DELETE, url, None).await;
}

/// Waits until the vault keeps `count` versions of the key.
async fn rotated(shop: &Shop, count: usize) {
    until("the key is replaced", ROTATES_WITHIN, async || {
        (versions(shop, KEY).await == count).then_some(())
    })
    .await;
}

/// The number of events that the function has handled.
fn handled_events(shop: &Shop) -> usize {
    shop.cluster.function(FUNCTION).log().matches("finished processing request").count()
}

async fn pay(shop: &Shop, number: usize) -> u16 {
    let payment = json!({
        "order_id": shop.id(&format!("pay-{number}")),
        "amount": {"amount": 100, "currency": "EUR"},
        "payment_method": "pm_card_visa"
    });
    shop.post("/api/payments", &payment).await.status
}

async fn the_key_is_replaced_during_200_payments_and_none_fails(shop: &Shop) {
    let old = keys(shop).await.pop().expect("there is a key")["id"].clone();
    let (before, event) =
        (versions(shop, KEY).await, vault(shop, "near-expiry/payment-api-key").await);
    let previous = versions(shop, PREVIOUS).await;
    let paid = AtomicUsize::new(0);
    let reached = async |count: usize| {
        until("payments have been made", Duration::from_mins(2), async || {
            (paid.load(Ordering::Relaxed) >= count).then_some(())
        })
        .await;
    };
    let payments = stream::iter(0..200).map(async |number| {
        let status = pay(shop, number).await;
        paid.fetch_add(1, Ordering::Relaxed);
        status
    });
    let payments = payments.buffer_unordered(4).collect::<Vec<_>>();
    let rotation = async {
        reached(20).await;
        hold_new_keys(shop, true).await;
        shop.publish("key-vault", &event).await;
        shop.publish("key-vault", &event).await;
        rotated(shop, before + 1).await;
        // The new key is stored, and the provider does not accept it yet.
        reached(paid.load(Ordering::Relaxed) + 40).await;
        let held = keys(shop).await.pop().expect("there is a key");
        assert_eq!((&held["status"], &held["authorized"]), (&json!("held"), &json!(0)));
        hold_new_keys(shop, false).await;
        reached(paid.load(Ordering::Relaxed) + 40).await;
        end_key(shop, old.as_str().expect("an id is a string")).await;
    };
    let (statuses, ()) = tokio::join!(payments, rotation);
    assert_eq!(statuses, [201; 200]);

    let references: BTreeSet<_> =
        (0..200).map(|number| json!(shop.id(&format!("pay-{number}"))).to_string()).collect();
    let ledger = shop.ledger().await;
    let charged: Vec<_> = ledger["payments"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|payment| references.contains(&payment["reference"].to_string()))
        .collect();
    assert_eq!(charged.len(), 200, "each is charged once");
    let [.., old, new] = &keys(shop).await[..] else { panic!("there are two keys") };
    assert_eq!((&old["status"], &new["status"]), (&json!("expired"), &json!("active")));
    assert!(new["authorized"].as_u64() > Some(0), "{new}");
    assert_eq!(versions(shop, PREVIOUS).await, previous + 1, "one for each rotation");
}

async fn an_event_that_is_delivered_again_does_not_replace_the_key_again(shop: &Shop) {
    let (before, handled) = (versions(shop, KEY).await, handled_events(shop));
    let event = vault(shop, "near-expiry/payment-api-key").await;
    for _ in 0..3 {
        shop.publish("key-vault", &event).await;
    }
    until("all three are handled", ROTATES_WITHIN, async || {
        (handled_events(shop) == handled + 3).then_some(())
    })
    .await;
    assert_eq!(versions(shop, KEY).await, before + 1);
}

async fn an_interrupted_rotation_is_completed_with_one_new_key(shop: &Shop) {
    let (before, known) = (versions(shop, KEY).await, keys(shop).await.len());
    let event = vault(shop, "near-expiry/payment-api-key").await;
    // The provider creates a key and its answer is lost; then the vault fails; then the process is killed
    // while it waits for the provider.
    shop.payment_faults(&json!({"fault": "fail-after", "next": 1, "path": "key_rotations"})).await;
    let url = shop.cluster.key_vault_url().expect("credentials are in a vault");
    shop.publish("key-vault", &event).await;
    until("the provider was called", ROTATES_WITHIN, async || {
        (keys(shop).await.len() == known + 1).then_some(())
    })
    .await;
    let fail = json!({"fault": "fail", "next": 2});
    control(shop, Method::PUT, format!("{url}/control/faults"), Some(fail)).await;
    shop.payment_faults(
        &json!({"fault": "stall", "next": 1, "stall_ms": 3_000, "path": "key_rotations"}),
    )
    .await;
    let calls_before = calls(shop).await;
    until("the provider is called again", ROTATES_WITHIN, async || {
        (calls(shop).await > calls_before).then_some(())
    })
    .await;
    shop.cluster.function(FUNCTION).kill().await;
    shop.cluster.function(FUNCTION).start().await.expect("the function starts again");
    rotated(shop, before + 1).await;
    assert_eq!(keys(shop).await.len(), known + 1, "one new key");
    let order = shop.place(&shop.order(&[(&shop.sell("lamp", 2_000, 5).await, 1)])).await;
    assert_eq!(shop.ended(&order).await.body["status"], "completed");
}

/// The number of requests to the provider for a new key.
async fn calls(shop: &Shop) -> u64 {
    shop.ledger().await["calls"]["key_rotations"].as_u64().expect("the ledger counts calls")
}

async fn no_log_contains_a_key(shop: &Shop) {
    let logs = std::fs::read_dir(shop.cluster.folder().join("logs")).expect("there are logs");
    for log in logs {
        let path = log.expect("a log is listed").path();
        let log = std::fs::read(&path).expect("a log is readable");
        assert!(!String::from_utf8_lossy(&log).contains("sk_test_"), "{}", path.display());
    }
}
