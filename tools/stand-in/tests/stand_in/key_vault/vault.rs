//! The vault's paths: secrets that are set and read, and calls that are rejected.

use crate::key_vault::support::Caller;
use crate::support::ApiResponse;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_secret_is_read_as_it_was_set_and_each_set_is_a_version() {
    let caller = Caller::start(&[]).await;
    let attributes = json!({"enabled": true, "exp": 2_000_000_000, "nbf": 1_000_000_000});
    let first = json!({"value": "one", "contentType": "text/plain", "tags": {"kind": "test"},
                       "attributes": attributes});
    let set = caller.put("api-key", &first).await;
    assert_eq!((set.status, set.text("/value")), (200, "one"));
    let host = caller.program.vault;
    let version = set.text("/id").strip_prefix(&format!("https://{host}/secrets/api-key/"));
    let version = version.expect("the id names host, secret and version").to_owned();
    let second = caller.set("api-key", "two").await;
    assert_eq!(caller.get("/secrets/api-key").await.text("/value"), "two");
    assert_eq!(caller.get("/secrets/api-key/").await.text("/value"), "two");
    assert_eq!(caller.get(&format!("/secrets/api-key/{second}")).await.text("/value"), "two");
    let read = caller.get(&format!("/secrets/api-key/{version}?api-version=7.6")).await;
    assert_eq!(read.body, set.body);
    assert_eq!((read.text("/contentType"), read.text("/tags/kind")), ("text/plain", "test"));
    assert_eq!(read.body["attributes"]["exp"], 2_000_000_000);
    assert_eq!(read.body["attributes"]["nbf"], 1_000_000_000);
    assert!(read.body["attributes"]["created"].is_i64());
}

#[tokio::test]
async fn the_tags_of_a_version_are_updated_and_nothing_else() {
    let caller = Caller::start(&[]).await;
    let version = caller.set("api-key", "one").await;
    let update = async |version: &str, body: serde_json::Value| {
        let path = format!("/secrets/api-key/{version}?api-version=7.6");
        ApiResponse::to(caller.request(Method::PATCH, &path).bearer_auth(&caller.token).json(&body))
            .await
    };
    let updated = update(&version, json!({"tags": {"kind": "test"}})).await;
    assert_eq!((updated.status, updated.text("/tags/kind")), (200, "test"));
    assert!(updated.body["value"].is_null());
    assert_eq!(update(&version, json!({})).await.status, 200);
    let read = caller.get("/secrets/api-key").await;
    assert_eq!((read.text("/value"), read.text("/tags/kind")), ("one", "test"));
    assert!(read.text("/id").ends_with(&version));
    assert_eq!(update(&version, json!({"value": "two"})).await.status, 400);
    assert_eq!(update("0123", json!({})).await.status_and("/error/code"), (404, "SecretNotFound"));
}

#[tokio::test]
async fn the_newest_version_that_is_enabled_is_current() {
    let caller = Caller::start(&[]).await;
    let disabled = json!({"value": "never", "attributes": {"enabled": false}});
    let only = caller.put("s", &disabled).await;
    let (_, version) = only.text("/id").rsplit_once('/').unwrap();
    assert_eq!(caller.get("/secrets/s").await.status_and("/error/code"), (403, "Forbidden"));
    assert_eq!(
        caller.get(&format!("/secrets/s/{version}")).await.status_and("/error/code"),
        (403, "Forbidden")
    );
    caller.set("s", "current").await;
    caller.put("s", &disabled).await;
    assert_eq!(caller.get("/secrets/s").await.text("/value"), "current");
}

#[tokio::test]
async fn an_unknown_secret_gets_a_404_in_key_vaults_format() {
    let caller = Caller::start(&[]).await;
    let version = caller.set("s", "hush").await;
    let other = "0".repeat(32);
    for path in [
        "/secrets/nothing",
        &format!("/secrets/s/{other}"),
        &format!("/secrets/nothing/{version}"),
        &format!("/secrets/s/{}", version.to_uppercase() + "0"),
    ] {
        let answer = caller.get(path).await;
        assert_eq!(answer.status_and("/error/code"), (404, "SecretNotFound"), "{path}");
        assert!(answer.text("/error/message").contains("was not found in this key vault"));
    }
    assert_eq!(caller.get("/keys").await.status_and("/error/code"), (404, "NotFound"));
}

#[tokio::test]
async fn a_call_without_an_issued_token_gets_a_401_with_a_challenge() {
    let caller = Caller::start(&[]).await;
    caller.set("s", "hush").await;
    let request = || caller.request(Method::GET, "/secrets/s");
    for request in
        [request(), request().bearer_auth("made-up"), request().basic_auth("a", Some("b"))]
    {
        let answer = ApiResponse::to(request.header("Host", "shop.vault.azure.net")).await;
        assert_eq!(answer.status_and("/error/code"), (401, "Unauthorized"));
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer authorization=\"https://"), "{challenge}");
        assert!(challenge.ends_with("resource=\"https://vault.azure.net\""), "{challenge}");
    }
    let put = caller.request(Method::PUT, "/secrets/s").json(&json!({"value": "other"}));
    assert_eq!(ApiResponse::to(put).await.status, 401);
    assert_eq!(caller.get("/secrets/s").await.text("/value"), "hush");
}

#[tokio::test]
async fn a_bad_secret_is_rejected_without_showing_its_value() {
    let caller = Caller::start(&[]).await;
    let long = "hush".repeat(7000);
    for (name, body, message) in [
        ("s", json!({"value": long}), "more than 25600 bytes"),
        ("s", json!({"value": ["hush"]}), "The body is not"),
        ("s", json!("hush"), "The body is not"),
        ("s", json!({"valeu": "hush"}), "The body is not"),
        ("s", json!({"value": "hush", "attributes": {"exp": "hush"}}), "The body is not"),
        ("a_b", json!({"value": "hush"}), "letters, digits and dashes"),
    ] {
        let answer = caller.put(name, &body).await;
        assert_eq!(answer.status_and("/error/code"), (400, "BadParameter"), "{name} {answer:?}");
        assert!(answer.text("/error/message").contains(message), "{answer:?}");
        assert!(!answer.body.to_string().contains("hush"), "{answer:?}");
    }
    let huge = json!({"value": "x".repeat(stand_in::key_vault::MAX_BODY_BYTES)});
    assert_eq!(caller.put("s", &huge).await.status, 413);
    assert_eq!(caller.get("/secrets/s").await.status, 404);
}

#[tokio::test]
async fn the_longest_value_is_stored() {
    let caller = Caller::start(&[]).await;
    let value = "\u{1}".repeat(stand_in::key_vault::MAX_VALUE_BYTES);
    caller.set("s", &value).await;
    assert_eq!(caller.get("/secrets/s").await.text("/value"), value);
}
