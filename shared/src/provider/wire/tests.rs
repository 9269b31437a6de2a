//! The provider's answers, as they are read.

use super::*;
use crate::domain::Money;
use serde_json::json;
use std::io::Read as _;
use std::sync::Arc;

fn error(kind: &str, code: &str) -> Value {
    json!({"error": {"type": kind, "code": code, "message": "…"}})
}

fn declined(status: StatusCode, body: &Value) -> Option<String> {
    match intent(status, body) {
        Ok(ProviderAnswer::Declined(code)) => Some(code),
        _ => None,
    }
}

#[test]
fn an_intent_is_read_with_its_status_and_why_it_was_declined() {
    let body = json!({"id": "pi_1", "object": "payment_intent", "status": "succeeded",
        "last_payment_error": null, "amount": 500, "currency": "isk"});
    let read = done("read", intent(StatusCode::OK, &body).unwrap()).unwrap();
    let succeeded = Intent {
        id: "pi_1".into(),
        status: IntentStatus::Succeeded,
        declined: None,
        amount: Some(Money::new(5, "ISK".parse().unwrap()).unwrap()),
    };
    assert_eq!(read, succeeded);
    let body = json!({"id": "pi_1", "status": "requires_payment_method",
        "last_payment_error": {"code": "card_declined"}});
    let read = done("read", intent(StatusCode::OK, &body).unwrap()).unwrap();
    assert_eq!(read.declined.as_deref(), Some("card_declined"));
}

#[test]
fn refunds_are_read_with_what_the_shop_calls_them() {
    let body = json!({"object": "list", "data": [
        {"id": "re_2", "status": "pending", "metadata": {"refund_id": "undo"}},
        {"id": "re_1", "status": null, "metadata": null},
    ]});
    let read = refunds(StatusCode::OK, &body).unwrap();
    let tokens: Vec<_> =
        read.iter().map(|it| (it.id.as_str(), it.refund_id.as_deref(), it.status)).collect();
    assert_eq!(
        tokens,
        [("re_2", Some("undo"), RefundStatus::Pending), ("re_1", None, RefundStatus::Unknown)]
    );
}

#[test]
fn only_a_declined_or_unknown_card_is_reported_as_a_decline() {
    let card = error("card_error", "card_declined");
    assert_eq!(declined(StatusCode::PAYMENT_REQUIRED, &card).as_deref(), Some("card_declined"));
    let unknown = json!({"error": {"type": "invalid_request_error", "code": "resource_missing",
        "param": "payment_method", "message": "No such PaymentMethod"}});
    assert_eq!(declined(StatusCode::BAD_REQUEST, &unknown).as_deref(), Some("resource_missing"));
    let amount = json!({"error": {"type": "invalid_request_error", "param": "amount",
        "code": "amount_too_small"}});
    assert_eq!(declined(StatusCode::BAD_REQUEST, &amount), None);
}

#[test]
fn an_invalid_request_fails_with_the_message_of_the_provider() {
    let body = json!({"error": {"type": "invalid_request_error", "code": "parameter_invalid_integer",
        "param": "amount", "message": "This value must be greater than or equal to 1."}});
    let failure = intent(StatusCode::BAD_REQUEST, &body).unwrap_err();
    let source = failure.source.to_string();
    assert!(source.contains("parameter_invalid_integer, amount, This value must"), "{source}");
}

#[test]
fn a_saved_error_spends_its_key() {
    for (status, kind, spent) in [
        (StatusCode::INTERNAL_SERVER_ERROR, "api_error", true),
        (StatusCode::BAD_REQUEST, "idempotency_error", true),
        (StatusCode::CONFLICT, "invalid_request_error", false),
        // Its first use has not ended: <https://docs.stripe.com/error-codes#idempotency-key-in-use>
        (StatusCode::CONFLICT, "idempotency_error", false),
        (StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", false),
        (StatusCode::UNAUTHORIZED, "invalid_request_error", false),
        (StatusCode::FORBIDDEN, "invalid_request_error", false),
    ] {
        let read = intent(status, &error(kind, "x"));
        assert_eq!(matches!(read, Ok(ProviderAnswer::KeySpent(_))), spent, "{status} {kind}");
        assert_eq!(read.is_err(), !spent, "{status} {kind}");
    }
    assert!(matches!(
        intent(StatusCode::BAD_GATEWAY, &json!("<html>")),
        Ok(ProviderAnswer::KeySpent(_))
    ));
    assert!(intent(StatusCode::IM_A_TEAPOT, &json!("<html>")).is_err());
    assert!(intent(StatusCode::OK, &json!({"id": "pi_1"})).is_err());
}

#[test]
fn a_route_names_no_intent() {
    assert_eq!(route("/v1/payment_intents/pi_1/confirm"), "/v1/payment_intents/{intent}/confirm");
}

#[test]
fn the_log_says_how_to_replace_a_key_that_is_rejected() {
    for (status, says) in [(StatusCode::UNAUTHORIZED, true), (StatusCode::CONFLICT, false)] {
        let (mut log, writer) = std::io::pipe().unwrap();
        let lines = tracing_subscriber::fmt().with_writer(Arc::new(writer)).finish();
        tracing::subscriber::with_default(lines, || {
            intent(status, &error("invalid_request_error", "x")).unwrap_err();
        });
        let mut logged = String::new();
        log.read_to_string(&mut logged).unwrap();
        assert_eq!(logged.contains("put one into secret `payment-api-key`"), says, "{logged}");
    }
}
