//! Payment intents: created, declined, rejected and read.
//!
//! See <https://docs.stripe.com/api/payment_intents>, and errors by
//! <https://docs.stripe.com/api/errors> and <https://docs.stripe.com/error-codes>.

use crate::payment::support::{CHARGE, Caller, FORM, INTENT, KEY};
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::json;
use stand_in::payment::MAX_BODY_BYTES;

#[tokio::test]
async fn a_confirmed_intent_is_charged_in_full() {
    let caller = Caller::new();
    let form = format!("{CHARGE}&description=Order+1");
    let answer = caller.charge(&form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text("/id").starts_with("pi_"));
    assert!(answer.text("/latest_charge").starts_with("ch_"));
    assert!(answer.body["created"].as_u64().is_some_and(|created| created > 1_700_000_000));
    for (name, value) in [
        ("object", json!("payment_intent")),
        ("amount", json!(1250)),
        ("amount_received", json!(1250)),
        ("currency", json!("eur")),
        ("status", json!("succeeded")),
        ("payment_method", json!("pm_card_visa")),
        ("metadata", json!({"order_id": "order-1"})),
        ("description", json!("Order 1")),
        ("livemode", json!(false)),
    ] {
        assert_eq!(answer.body[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_declining_card_answers_402_with_its_reason_and_the_intent() {
    let caller = Caller::new();
    for (method, code, reason) in [
        ("pm_card_chargeDeclined", "card_declined", json!("generic_decline")),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", json!("insufficient_funds")),
        ("pm_card_chargeDeclinedLostCard", "card_declined", json!("lost_card")),
        ("pm_card_chargeDeclinedFraudulent", "card_declined", json!("fraudulent")),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", json!(null)),
    ] {
        let answer = caller.charge(&CHARGE.replace("pm_card_visa", method)).await;
        assert_eq!(answer.status, 402, "{method}");
        assert_eq!(answer.text("/error/type"), "card_error");
        assert_eq!(answer.text("/error/code"), code);
        assert!(answer.text("/error/message").starts_with("Your card "), "{answer:?}");
        assert_eq!(answer.body["error"]["decline_code"], reason);
        let intent = &answer.body["error"]["payment_intent"];
        assert_eq!(intent["status"], "requires_payment_method");
        assert_eq!(intent["amount_received"], 0);
        assert_eq!(intent["last_payment_error"]["code"], code);
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named_and_no_intent_is_created() {
    let caller = Caller::new();
    let long = format!("{CHARGE}&description={}", "d".repeat(1001));
    let cases = [
        (CHARGE.replace("amount=1250&", ""), "amount", "parameter_missing"),
        (CHARGE.replace("1250", ""), "amount", "parameter_invalid_empty"),
        (CHARGE.replace("1250", "12.50"), "amount", "parameter_invalid_integer"),
        (CHARGE.replace("1250", "0"), "amount", "parameter_invalid_integer"),
        (CHARGE.replace("1250", "-5"), "amount", "parameter_invalid_integer"),
        (CHARGE.replace("1250", "100000000"), "amount", "amount_too_large"),
        (CHARGE.replace("1250", &"9".repeat(30)), "amount", "amount_too_large"),
        (CHARGE.replace("currency=eur&", ""), "currency", "parameter_missing"),
        (CHARGE.replace("eur", "euro"), "currency", ""),
        (CHARGE.replace("eur", "EUR"), "currency", ""),
        (CHARGE.replace("1250", "49"), "amount", "amount_too_small"),
        (CHARGE.replace("eur", "xxx"), "currency", ""),
        (CHARGE.replace("eur", "kwd").replace("1250", "1251"), "amount", "invalid_charge_amount"),
        (CHARGE.replace("eur", "isk"), "amount", "invalid_charge_amount"),
        (
            CHARGE.replace("&payment_method=pm_card_visa", ""),
            "payment_method",
            "payment_intent_unexpected_state",
        ),
        (CHARGE.replace("=never", "=always"), "return_url", ""),
        (CHARGE.replace("=never", "=maybe"), "automatic_payment_methods[allow_redirects]", ""),
        (format!("{INTENT}&return_url=https%3A%2F%2Fx.org"), "return_url", ""),
        (CHARGE.replace("pm_card_visa", "pm_1234"), "payment_method", "resource_missing"),
        (CHARGE.replace("confirm=true", "confirm=yes"), "confirm", ""),
        (format!("{CHARGE}&capture=1"), "capture", "parameter_unknown"),
        (format!("{CHARGE}&metadata%5Ba%5D%5Bb%5D=1"), "metadata[a][b]", "parameter_unknown"),
        (format!("{CHARGE}&amount=1250"), "amount", ""),
        (long, "description", "parameter_invalid_string_length"),
    ];
    for (form, param, code) in cases {
        let answer = caller.charge(&form).await;
        assert_eq!(answer.status, 400, "{form}");
        assert_eq!(answer.text("/error/type"), "invalid_request_error", "{form}");
        assert_eq!(answer.text("/error/param"), param, "{form}");
        assert_eq!(answer.text("/error/code"), code, "{form}");
    }
    assert_eq!(caller.ledger().await.payments, []);
}

#[tokio::test]
async fn metadata_is_bounded() {
    let caller = Caller::new();
    let many: Vec<_> = (0..51).map(|n| format!("&metadata[k{n}]=v")).collect();
    let many = many.concat();
    let long_key = format!("&metadata[{}]=v", "k".repeat(41));
    let long_value = format!("&metadata[k]={}", "v".repeat(501));
    for metadata in [many, long_key, long_value] {
        let answer = caller.charge(&format!("{CHARGE}{metadata}")).await;
        assert_eq!(answer.status, 400, "{metadata}");
    }
}

#[tokio::test]
async fn an_intent_is_read_back_as_it_was_answered() {
    let caller = Caller::new();
    let created = caller.charge(CHARGE).await;
    let read = caller.get(&format!("/v1/payment_intents/{}", created.text("/id"))).await;
    assert_eq!((read.status, read.body), (200, created.body));
}

#[tokio::test]
async fn an_unknown_intent_is_404() {
    let answer = Caller::new().get("/v1/payment_intents/pi_1").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.text("/error/code"), "resource_missing");
    assert_eq!(answer.text("/error/message"), "No such payment_intent: 'pi_1'");
}

#[tokio::test]
async fn without_the_right_key_every_call_is_401_and_the_key_stays_hidden() {
    let caller = Caller::new();
    let wrong = "sk_test_fedcba9876543210";
    for (path, authorization, message) in [
        ("/v1/payment_intents", None, "You did not provide an API key."),
        ("/v1/payment_intents", Some("Basic abc"), "You did not provide an API key."),
        ("/v1/refunds", Some("Bearer short"), "Invalid API Key provided: ****"),
        ("/v1/refunds", Some(wrong), "You did not provide an API key."),
        (
            "/v1/payment_intents",
            Some("Bearer sk_test_fedcba9876543210"),
            "Invalid API Key provided: sk_test_****3210",
        ),
    ] {
        let mut request = Request::post(path).header(CONTENT_TYPE, FORM);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = caller.send(request.body(CHARGE.into()).unwrap()).await;
        assert_eq!(answer.status, 401, "{authorization:?}");
        assert_eq!(answer.text("/error/type"), "invalid_request_error");
        let actual = answer.text("/error/message");
        assert!(actual.starts_with(message), "{actual}");
        assert!(!actual.contains(wrong) && !actual.contains(KEY), "{actual}");
    }
    let ledger = caller.ledger().await;
    assert_eq!((ledger.payments.len(), ledger.calls.unauthorized), (0, 5));
}

#[tokio::test]
async fn a_body_that_is_not_a_form_or_too_large_is_rejected() {
    let caller = Caller::new();
    let large = "x".repeat(MAX_BODY_BYTES + 1);
    for (content_type, body, status) in
        [("application/json", "{}".to_owned(), 400), (FORM, large, 413)]
    {
        let request = Request::post("/v1/payment_intents")
            .header(AUTHORIZATION, format!("Bearer {KEY}"))
            .header(CONTENT_TYPE, content_type);
        let answer = caller.send(request.body(body.into()).unwrap()).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.text("/error/type"), "invalid_request_error");
    }
}

#[tokio::test]
async fn an_unknown_route_is_a_404_of_stripe() {
    let caller = Caller::new();
    for (method, path) in [("GET", "/v1/charges"), ("DELETE", "/v1/refunds"), ("GET", "/")] {
        let request = Request::builder().method(method).uri(path);
        let answer = caller.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 404, "{method} {path}");
        let message = format!("Unrecognized request URL ({method}: {path}).");
        assert_eq!(answer.text("/error/message"), message);
    }
}
