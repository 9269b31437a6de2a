//! API keys: rotated, held back, ended, and never shown.
//!
//! See <https://docs.stripe.com/api/v2/iam/api-keys>.

use crate::payment::support::{CHARGE, Caller, KEY};
use crate::support::ApiResponse;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request};
use serde_json::{Value, json};
use stand_in::payment::{Area, FIRST_KEY_ID, FaultKind, FaultPlan, KeyStatus, KeySummary};
use std::time::Duration;

/// The other key lives on for a minute.
const OVERLAP: &str = r#"{"expire_current_key_in_minutes": 1}"#;

impl Caller {
    async fn rotate(&self, id: &str, idempotency_key: &str, body: &str) -> ApiResponse {
        let request = Request::post(format!("/v2/iam/api_keys/{id}/rotate"))
            .header(AUTHORIZATION, format!("Bearer {KEY}"))
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", idempotency_key);
        self.send(request.body(body.to_owned().into()).expect("the request is well formed")).await
    }

    /// A rotation of the first key that must succeed; the new key's id and token.
    async fn rotated(&self, body: &str) -> (String, String) {
        let answer = self.rotate(FIRST_KEY_ID, "rotation", body).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body["error"]);
        (answer.text("/id").to_owned(), answer.text("/secret_key/token").to_owned())
    }

    /// The answer to a call that shows `token`.
    async fn shows(&self, token: &str) -> ApiResponse {
        let request = Request::get("/v1/payment_intents/pi_none");
        let request = request.header(AUTHORIZATION, format!("Bearer {token}")).body(Body::empty());
        self.send(request.expect("the request is well formed")).await
    }

    async fn lets_in(&self, token: &str) -> bool {
        self.shows(token).await.status != 401
    }

    async fn control_keys(&self, method: Method, path: &str, body: &Value) -> ApiResponse {
        self.control(method, &format!("keys{path}"), body).await
    }

    async fn hold_new(&self, hold_new: bool) {
        let answer = self.control_keys(Method::PUT, "", &json!({"hold_new": hold_new})).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    async fn keys(&self) -> Vec<KeySummary> {
        let answer = self.control_keys(Method::GET, "", &Value::Null).await;
        serde_json::from_value(answer.body).expect("the answer is keys")
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_makes_a_key_that_works_while_the_old_one_does() {
    let caller = Caller::new();
    let answer = caller.rotate(FIRST_KEY_ID, "k", OVERLAP).await;
    let (id, token) = (answer.text("/id"), answer.text("/secret_key/token"));
    let digits = token.strip_prefix("sk_test_").unwrap();
    assert!(digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    assert!(!answer.text("/created").is_empty());
    let masked = format!("sk_test_****{}", &token[token.len() - 4..]);
    let expected = json!({"id": id, "object": "v2.iam.api_key", "created": answer.text("/created"),
        "livemode": false, "name": "payment-api-key", "status": "active", "type": "secret_key",
        "ip_allowlist": [],
        "secret_key": {"token": token, "secret_token_redacted": masked}});
    assert_eq!((answer.status, &answer.body), (200, &expected));
    assert!(caller.lets_in(token).await && caller.lets_in(KEY).await);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert!(caller.lets_in(token).await);
    let rejected = caller.shows(KEY).await;
    assert_eq!(rejected.status, 401);
    assert_eq!(rejected.text("/error/code"), "api_key_expired");
    assert_eq!(rejected.text("/error/message"), "Expired API Key provided: sk_test_****cdef");
}

#[tokio::test]
async fn a_rotation_that_names_no_time_ends_the_old_key_at_once() {
    let caller = Caller::new();
    let (_, token) = caller.rotated("{}").await;
    assert!(!caller.lets_in(KEY).await && caller.lets_in(&token).await);
}

#[tokio::test]
async fn a_rotation_repeated_with_its_key_is_one_rotation() {
    let caller = Caller::new();
    let first = caller.rotate(FIRST_KEY_ID, "k", OVERLAP).await;
    let again = caller.rotate(FIRST_KEY_ID, "k", OVERLAP).await;
    assert!(!first.replayed() && again.replayed());
    assert_eq!(first.body, again.body);
    assert_eq!(caller.keys().await.len(), 2);
    for (id, body) in [(FIRST_KEY_ID, "{}"), (first.text("/id"), OVERLAP)] {
        let other = caller.rotate(id, "k", body).await;
        assert_eq!(other.status, 400);
        assert_eq!(other.text("/error/type"), "idempotency_error");
    }
    let calls = caller.ledger().await.calls;
    assert_eq!((calls.key_rotations, calls.replayed, calls.conflicts), (4, 1, 2));
}

#[tokio::test]
async fn a_key_that_is_unknown_rotated_or_ended_is_not_rotated() {
    let caller = Caller::new();
    let unknown = caller.rotate("mk_none", "a", OVERLAP).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.text("/error/code"), "resource_missing");
    let (second, _) = caller.rotated(OVERLAP).await;
    let again = caller.rotate(FIRST_KEY_ID, "b", OVERLAP).await;
    assert_eq!((again.status, again.text("/error/param")), (400, "id"));
    assert!(again.text("/error/message").contains("already been rotated"), "{again:?}");
    let path = format!("/{second}");
    caller.control_keys(Method::DELETE, &path, &Value::Null).await;
    let ended = caller.rotate(&second, "c", OVERLAP).await;
    assert_eq!(ended.status, 400);
    assert!(ended.text("/error/message").contains("has expired"), "{ended:?}");
    assert_eq!(caller.keys().await.len(), 2);
}

#[tokio::test]
async fn an_invalid_rotation_is_rejected_and_the_field_named() {
    let caller = Caller::new();
    let field = "expire_current_key_in_minutes";
    for (body, param) in [
        (r#"{"expire_current_key_in_minutes": 10081}"#, field),
        (r#"{"expire_current_key_in_minutes": -1}"#, field),
        (r#"{"expire_current_key_in_minutes": 1.5}"#, field),
        (r#"{"expire_current_key_in_minutes": "5"}"#, field),
        (r#"{"expire_current_key_in_minutes": null}"#, field),
        (r#"{"expire_in": 5}"#, "expire_in"),
        ("", ""),
        ("[]", ""),
    ] {
        let answer = caller.rotate(FIRST_KEY_ID, "k", body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert_eq!(answer.text("/error/param"), param, "{body}");
        assert_eq!(answer.text("/error/type"), "invalid_request_error", "{body}");
    }
    let path = format!("/v2/iam/api_keys/{FIRST_KEY_ID}/rotate");
    let form = caller.post(&path, None, "expire_current_key_in_minutes=5").await;
    assert_eq!(form.status, 400);
    assert!(form.text("/error/message").contains("application/json"));
    let longest = r#"{"expire_current_key_in_minutes": 10080}"#;
    assert_eq!(caller.rotate(FIRST_KEY_ID, "k", longest).await.status, 200);
}

#[tokio::test]
async fn a_rotation_needs_an_active_key() {
    let caller = Caller::new();
    let path = format!("/v2/iam/api_keys/{FIRST_KEY_ID}/rotate");
    let request =
        Request::post(path).header(CONTENT_TYPE, "application/json").body(Body::from("{}"));
    assert_eq!(caller.send(request.unwrap()).await.status, 401);
    assert_eq!(caller.keys().await.len(), 1);
}

#[tokio::test]
async fn a_new_key_that_is_held_is_as_good_as_unknown_until_it_is_released() {
    let caller = Caller::new();
    caller.hold_new(true).await;
    let (_, token) = caller.rotated(OVERLAP).await;
    let rejected = caller.shows(&token).await;
    assert_eq!(rejected.status, 401);
    assert!(
        rejected.text("/error/message").starts_with("Invalid API Key provided"),
        "{rejected:?}"
    );
    assert_eq!(caller.keys().await[1].status, KeyStatus::Held);
    assert!(caller.lets_in(KEY).await);
    caller.hold_new(false).await;
    assert!(caller.lets_in(&token).await);
    assert_eq!(caller.keys().await[1].status, KeyStatus::Active);
}

#[tokio::test]
async fn an_invalid_plan_for_keys_is_rejected() {
    let caller = Caller::new();
    for (plan, message) in [
        (json!({}), "missing field `hold_new`"),
        (json!({"hold_new": 1}), "hold_new"),
        (json!({"hold_new": true, "hold": 1}), "unknown field `hold`"),
    ] {
        let answer = caller.control_keys(Method::PUT, "", &plan).await;
        assert!((400..500).contains(&answer.status), "{plan}: {answer:?}");
        assert!(answer.text("/error").contains(message), "{plan}: {answer:?}");
    }
}

#[tokio::test]
async fn control_shows_and_ends_keys_but_shows_no_token() {
    let caller = Caller::new();
    let (id, token) = caller.rotated(OVERLAP).await;
    caller.shows(&token).await;
    caller.shows(&token).await;
    let listed = caller.control_keys(Method::GET, "", &Value::Null).await;
    assert!(!listed.body.to_string().contains("sk_test"), "{listed:?}");
    let expires = listed.text("/0/expires_at");
    let expected = json!([
        {"id": FIRST_KEY_ID, "status": "active", "expires_at": expires, "authorized": 1},
        {"id": id, "status": "active", "authorized": 2},
    ]);
    assert_eq!(listed.body, expected);
    let path = format!("/{id}");
    let ended = caller.control_keys(Method::DELETE, &path, &Value::Null).await;
    assert_eq!(ended.status, 204);
    assert!(!caller.lets_in(&token).await && caller.lets_in(KEY).await);
    let ended = caller.keys().await.pop().unwrap();
    assert!(ended.status == KeyStatus::Expired && ended.expires_at.is_some(), "{ended:?}");
    let unknown = caller.control_keys(Method::DELETE, "/mk_none", &Value::Null).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_is_found_again() {
    let caller = Caller::new();
    caller.fault(FaultPlan::next(1, FaultKind::FailAfter).on(Area::KeyRotations)).await;
    assert_eq!(caller.charge(CHARGE).await.status, 200);
    let failed = caller.rotate(FIRST_KEY_ID, "k", OVERLAP).await;
    assert_eq!(failed.status, 500);
    let retry = caller.rotate(FIRST_KEY_ID, "k", OVERLAP).await;
    assert_eq!((retry.status, retry.replayed()), (200, true));
    assert_eq!(caller.keys().await[1].id, retry.text("/id"));
    caller.fault(FaultPlan::next(1, FaultKind::FailBefore).on(Area::KeyRotations)).await;
    let failed = caller.rotate(retry.text("/id"), "l", OVERLAP).await;
    assert_eq!(failed.status, 500);
    assert_eq!(caller.keys().await.len(), 2);
}
