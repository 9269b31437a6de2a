//! Refunds that settle later, and the lists of refunds: <https://docs.stripe.com/refunds>.

use crate::payment::support::{CHARGE, Caller};
use axum::http::Method;
use serde_json::{Value, json};

impl Caller {
    /// A charge of a test card.
    async fn charged_by(&self, token: &str) -> String {
        self.charge(&CHARGE.replace("pm_card_visa", token)).await.text("/id").to_owned()
    }

    async fn refunded(&self, intent: &str, amount: u32) -> String {
        let answer = self.refund(&format!("payment_intent={intent}&amount={amount}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("/id").to_owned()
    }

    async fn refund_status(&self, refund: &str) -> String {
        self.get(&format!("/v1/refunds/{refund}")).await.text("/status").to_owned()
    }
}

/// <https://docs.stripe.com/testing#refunds>
#[tokio::test]
async fn the_refunds_of_test_cards_change_some_time_later() {
    let caller = Caller::new();
    for (token, first, last, kept) in [
        ("pm_card_pendingRefund", "pending", "succeeded", 0),
        ("pm_card_refundFail", "succeeded", "failed", 1250),
    ] {
        let intent = caller.charged_by(token).await;
        let refund = caller.refunded(&intent, 1250).await;
        assert_eq!(caller.refund_status(&refund).await, first, "{token}");
        caller.advance(60).await;
        assert_eq!(caller.refund_status(&refund).await, last, "{token}");
        let payment = caller.ledger().await.payments.pop().unwrap();
        assert_eq!(payment.charged() - payment.refunded, kept, "{token}");
    }
}

/// <https://docs.stripe.com/refunds#failed-refunds>
#[tokio::test]
async fn a_pending_refund_ends_as_planned_and_counts_against_the_charge_meanwhile() {
    let caller = Caller::new();
    for (end, status, left) in [
        ("succeed", "succeeded", 0),
        ("fail", "failed", 1250),
        ("cancel", "canceled", 1250),
        ("require_action", "requires_action", 0),
    ] {
        let intent = caller.charged().await;
        caller.settlement(json!({"refunds": {"next": 1, "after_seconds": 30, "then": end}})).await;
        let refund = caller.refunded(&intent, 1250).await;
        assert_eq!(caller.refund_status(&refund).await, "pending");
        let all = format!("payment_intent={intent}");
        assert_eq!(caller.refund(&all).await.text("/error/code"), "charge_already_refunded");
        caller.advance(30).await;
        let read = caller.get(&format!("/v1/refunds/{refund}")).await;
        assert_eq!(read.text("/status"), status);
        assert_eq!(read.body.get("failure_reason").is_some(), status == "failed");
        let again = caller.refund(&all).await;
        assert_eq!(again.body["amount"].as_u64().unwrap_or_default(), left, "{end}: {again:?}");
    }
}

#[tokio::test]
async fn the_movements_of_a_refund_that_fails_are_listed_in_order() {
    let caller = Caller::new();
    let intent = caller.charged().await;
    caller.settlement(json!({"refunds": {"next": 1, "after_seconds": 30, "then": "fail"}})).await;
    let refund = caller.refunded(&intent, 250).await;
    caller.advance(30).await;
    let ledger = caller.ledger().await;
    assert!(ledger.movements.is_sorted_by_key(|movement| movement.at));
    let charge = caller.read(&intent).await.text("/latest_charge").to_owned();
    let movement = |kind: &str, id: &str, amount: u64, status: &str| {
        json!({"kind": kind, "id": id, "payment_intent": intent, "order_id": "order-1",
               "amount": amount, "currency": "eur", "status": status})
    };
    let mut movements = serde_json::to_value(ledger.movements).unwrap();
    for movement in movements.as_array_mut().unwrap() {
        assert!(movement.as_object_mut().unwrap().remove("at").is_some());
    }
    let expected = json!([
        movement("charge", &charge, 1250, "succeeded"),
        movement("refund", &refund, 250, "pending"),
        movement("refund", &refund, 250, "failed"),
    ]);
    assert_eq!(movements, expected);
}

/// <https://docs.stripe.com/api/refunds/list> and <https://docs.stripe.com/api/refunds/retrieve>
#[tokio::test]
async fn refunds_are_read_by_id_and_listed_by_intent_newest_first() {
    let caller = Caller::new();
    let (one, other) = (caller.charged().await, caller.charged().await);
    let refunds = [caller.refunded(&one, 100).await, caller.refunded(&one, 200).await];
    caller.refunded(&other, 300).await;
    let list = caller.get(&format!("/v1/refunds?payment_intent={one}")).await;
    assert_eq!((list.text("/object"), list.text("/url")), ("list", "/v1/refunds"));
    assert_eq!([list.text("/data/1/id"), list.text("/data/0/id")], refunds);
    assert_eq!(
        (list.body["data"].as_array().map(Vec::len), &list.body["has_more"]),
        (Some(2), &json!(false))
    );
    let read = caller.get(&format!("/v1/refunds/{}", refunds[0])).await;
    assert_eq!(read.body, list.body["data"][1]);
    assert_eq!(caller.get("/v1/refunds").await.body["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(caller.get("/v1/refunds/re_none").await.text("/error/code"), "resource_missing");
}

/// <https://docs.stripe.com/api/pagination>
#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let caller = Caller::new();
    let intent = caller.charged().await;
    let mut refunds = Vec::new();
    for _ in 0..5 {
        refunds.push(caller.refunded(&intent, 1).await);
    }
    let path = format!("/v1/refunds?payment_intent={intent}&limit=2");
    let (mut found, mut after, mut has_more) = (Vec::new(), String::new(), true);
    while has_more {
        let page = caller.get(&format!("{path}{after}")).await;
        let data = page.body["data"].as_array().unwrap();
        found.extend(data.iter().map(|refund| refund["id"].as_str().unwrap().to_owned()));
        after = format!("&starting_after={}", found.last().unwrap());
        has_more = page.body["has_more"] == true;
    }
    refunds.reverse();
    assert_eq!(found, refunds);
    for query in ["limit=0", "limit=101", "limit=x", "ending=re_1", "payment_intent="] {
        let answer = caller.get(&format!("/v1/refunds?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[tokio::test]
async fn an_invalid_settlement_or_advance_is_rejected_and_the_answer_says_why() {
    let caller = Caller::new();
    for (path, method, body, message) in [
        ("settlement", Method::PUT, json!({"payment": {}}), "unknown field `payment`"),
        (
            "settlement",
            Method::PUT,
            json!({"payments": {"after_seconds": 1, "then": "explode"}}),
            "unknown variant `explode`",
        ),
        (
            "settlement",
            Method::PUT,
            json!({"refunds": {"next": 0, "after_seconds": 1, "then": "fail"}}),
            "next must be at least 1",
        ),
        (
            "settlement",
            Method::PUT,
            json!({"refunds": {"after_seconds": 315_360_001, "then": "fail"}}),
            "after_seconds must be at most 315360000",
        ),
        ("clock", Method::POST, json!({"advance_seconds": -1}), "advance_seconds"),
        ("clock", Method::POST, json!({"advance_seconds": 315_360_001}), "at most 315360000"),
    ] {
        let answer = caller.control(method, path, &body).await;
        assert!((400..500).contains(&answer.status), "{body}");
        assert!(answer.text("/error").contains(message), "{body}: {answer:?}");
    }
    assert_eq!(caller.charge(CHARGE).await.text("/status"), "succeeded");
}

#[tokio::test]
async fn clearing_a_settlement_ends_delays_for_payments_and_refunds_to_come() {
    let caller = Caller::new();
    caller.settlement(json!({"payments": {"after_seconds": 60, "then": "succeed"}})).await;
    let processing = caller.charged().await;
    let cleared = caller.control(Method::DELETE, "settlement", &Value::Null).await;
    assert_eq!(cleared.status, 204);
    assert_eq!(caller.charge(CHARGE).await.text("/status"), "succeeded");
    assert_eq!(caller.status(&processing).await, "processing");
}
