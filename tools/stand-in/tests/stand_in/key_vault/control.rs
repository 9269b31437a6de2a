//! The control paths: the secrets, failing calls, and the event of a near expiry.

use crate::key_vault::support::Caller;
use crate::support::ApiResponse;
use reqwest::Method;
use serde_json::json;
use stand_in::key_vault::SecretSummary;

#[tokio::test]
async fn secrets_and_how_often_they_were_used_are_shown_but_no_value() {
    let caller = Caller::start(&[]).await;
    let expiring = json!({"value": "hush", "tags": {"kind": "test"},
                          "attributes": {"exp": 2_000_000_000}});
    caller.put("s", &expiring).await;
    let second = caller.set("s", "hush").await;
    caller.get("/secrets/s").await;
    caller.get("/secrets/nothing").await;
    let answer = caller.control("/control/secrets").await;
    assert!(!answer.body.to_string().contains("hush"));
    let secrets: Vec<SecretSummary> = serde_json::from_value(answer.body.clone()).unwrap();
    assert_eq!((secrets.len(), secrets[0].reads, secrets[0].writes), (1, 1, 2));
    assert_eq!(secrets[0].versions[1].version, second);
    assert_eq!(answer.text("/0/versions/0/expires_at"), "2033-05-18T03:33:20Z");
    assert_eq!(answer.text("/0/versions/0/tags/kind"), "test");
    assert_eq!(
        answer.body[0]["versions"][1],
        json!({"version": second, "enabled": true,
                                                     "tags": {}})
    );
}

#[tokio::test]
async fn an_operator_sets_a_secret() {
    let caller = Caller::start(&[]).await;
    caller.set("s", "hush").await;
    let other = json!({"value": "other", "tags": {"kind": "test"}});
    assert_eq!(caller.set_by_operator("s", &other).await.status, 204);
    let read = caller.get("/secrets/s").await;
    assert_eq!((read.text("/value"), read.text("/tags/kind")), ("other", "test"));
}

#[tokio::test]
async fn the_planned_number_of_calls_fails() {
    let caller = Caller::start(&[]).await;
    caller.set("s", "hush").await;
    assert_eq!(caller.fault(&json!({"fault": "fail", "next": 2})).await.status, 204);
    assert_eq!(ApiResponse::to(caller.request(Method::GET, "/secrets/s")).await.status, 401);
    for _ in 0..2 {
        assert_eq!(
            caller.get("/secrets/s").await.status_and("/error/code"),
            (503, "ServiceUnavailable")
        );
    }
    assert_eq!(caller.get("/secrets/s").await.status, 200);
    assert_eq!(caller.fault(&json!({"fault": "fail"})).await.status, 204);
    assert_eq!(caller.clear_faults().await.status, 204);
    assert_eq!(caller.get("/secrets/s").await.status, 200);
}

#[tokio::test]
async fn the_event_of_a_near_expiry_is_of_the_current_version() {
    let caller = Caller::start(&[]).await;
    let missing = caller.control("/control/near-expiry/s").await;
    assert_eq!(missing.status_and("/error/code"), (404, "SecretNotFound"));
    let first = caller.set("s", "hush").await;
    let event = caller.control("/control/near-expiry/s").await;
    let again = caller.control("/control/near-expiry/s").await;
    assert_eq!(event.text("/id"), again.text("/id"));
    assert_eq!(event.text("/type"), "Microsoft.KeyVault.SecretNearExpiry");
    assert_eq!((event.text("/specversion"), event.text("/subject")), ("1.0", "s"));
    assert!(event.text("/source").ends_with("/providers/Microsoft.KeyVault/vaults/shop"));
    assert!(!event.text("/time").is_empty());
    let id = format!("https://shop.vault.azure.net/secrets/s/{first}");
    let data = json!({"Id": id, "VaultName": "shop", "ObjectType": "Secret", "ObjectName": "s",
                      "Version": first, "NBF": null, "EXP": null});
    assert_eq!(event.body["data"], data);
    caller.put("s", &json!({"value": "hush", "attributes": {"exp": 2_000_000_000}})).await;
    let next = caller.control("/control/near-expiry/s").await;
    assert_ne!(next.text("/id"), event.text("/id"));
    assert_eq!(next.body["data"]["EXP"], 2_000_000_000);
}
