//! The states of a payment intent: <https://docs.stripe.com/payments/paymentintents/lifecycle>.

use crate::payment::support::{CHARGE, Caller, DECLINED, INTENT};
use crate::support::ApiResponse;
use serde_json::{Value, json};
use stand_in::payment::{MovementStatus, Outcome};

const VISA: &str = "payment_method=pm_card_visa";

/// Asserts that a call was rejected for the state of its intent.
fn assert_unexpected(answer: &ApiResponse, status: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.text("/error/code"), "payment_intent_unexpected_state");
    assert_eq!(answer.text("/error/payment_intent/status"), status);
}

impl Caller {
    /// An intent that is processing, for a minute, and then ends as said.
    async fn processing(&self, end: &str) -> String {
        let delay = json!({"payments": {"next": 1, "after_seconds": 60, "then": end}});
        self.settlement(delay).await;
        let intent = self.charged().await;
        assert_eq!(self.status(&intent).await, "processing");
        intent
    }
}

/// <https://docs.stripe.com/api/payment_intents/create>
#[tokio::test]
async fn an_intent_that_is_not_confirmed_moves_no_money() {
    let caller = Caller::new();
    for (form, status) in [
        (INTENT.to_owned(), "requires_payment_method"),
        (format!("{INTENT}&{VISA}"), "requires_confirmation"),
        (format!("{INTENT}&{VISA}&confirm=false"), "requires_confirmation"),
        (format!("{INTENT}&payment_method=pm_card_chargeDeclined"), "requires_confirmation"),
    ] {
        let answer = caller.charge(&form).await;
        assert_eq!((answer.status, answer.text("/status")), (200, status), "{form}");
        assert_eq!(answer.body["amount_received"], 0);
        assert_eq!(answer.body["latest_charge"], Value::Null);
        assert_eq!(answer.text("/metadata/order_id"), "order-1");
    }
    let ledger = caller.ledger().await;
    assert!(ledger.payments.iter().all(|payment| payment.outcome == Outcome::Unconfirmed));
    assert_eq!((ledger.payments.len(), ledger.movements), (4, Vec::new()));
}

/// <https://docs.stripe.com/api/payment_intents/confirm>
#[tokio::test]
async fn a_confirmation_charges_the_method_of_the_intent_or_its_own() {
    let caller = Caller::new();
    let with_method = caller.charge(&format!("{INTENT}&{VISA}")).await;
    for (intent, form) in [(with_method.text("/id"), ""), (&caller.created().await, VISA)] {
        let answer = caller.confirm(intent, form).await;
        assert_eq!((answer.status, answer.text("/status")), (200, "succeeded"));
        assert_eq!(answer.body["amount_received"], 1250);
        assert_eq!(answer.text("/payment_method"), "pm_card_visa");
        assert_eq!(caller.read(intent).await.body, answer.body);
    }
    assert_eq!(caller.ledger().await.order("order-1").charges, 2);
}

/// <https://docs.stripe.com/api/payment_intents/confirm>
#[tokio::test]
async fn a_confirmation_without_what_it_needs_is_rejected() {
    let caller = Caller::new();
    let redirecting = caller.charge("amount=1250&currency=eur").await;
    for (intent, form, param) in [
        (caller.created().await, "", "payment_method"),
        (redirecting.text("/id").to_owned(), VISA, "return_url"),
        (caller.created().await, "payment_method=pm_1234", "payment_method"),
        (caller.created().await, "amount=5", "amount"),
        ("pi_none".to_owned(), VISA, "intent"),
    ] {
        let answer = caller.confirm(&intent, form).await;
        assert!((400..500).contains(&answer.status), "{form}");
        assert_eq!(answer.text("/error/param"), param, "{form}");
    }
    let form = format!("{VISA}&return_url=https%3A%2F%2Fx.org");
    let confirmed = caller.confirm(redirecting.text("/id"), &form).await;
    assert_eq!(confirmed.text("/status"), "succeeded");
    assert_eq!(caller.ledger().await.movements.len(), 1);
}

/// <https://docs.stripe.com/declines>
#[tokio::test]
async fn after_a_decline_the_intent_takes_another_method() {
    let caller = Caller::new();
    let intent = caller.created().await;
    let declined = caller.confirm(&intent, "payment_method=pm_card_visa_chargeDeclined").await;
    assert_eq!(declined.status, 402);
    assert_eq!(declined.text("/error/payment_intent/status"), "requires_payment_method");
    let waiting = caller.read(&intent).await;
    assert_eq!(waiting.text("/last_payment_error/code"), "card_declined");
    assert_eq!(waiting.body["payment_method"], Value::Null);
    assert_eq!(caller.confirm(&intent, "").await.text("/error/param"), "payment_method");
    let paid = caller.confirm(&intent, VISA).await;
    assert_eq!(paid.text("/status"), "succeeded");
    assert_eq!(paid.body["last_payment_error"], Value::Null);
    let ledger = caller.ledger().await;
    let statuses: Vec<_> = ledger.movements.iter().map(|movement| movement.status).collect();
    assert_eq!(statuses, [MovementStatus::Failed, MovementStatus::Succeeded]);
    assert_ne!(ledger.movements[0].id, ledger.movements[1].id);
}

/// <https://docs.stripe.com/api/payment_intents/cancel>
#[tokio::test]
async fn an_intent_that_has_not_been_charged_can_be_cancelled_and_never_charged_then() {
    let caller = Caller::new();
    let declined = caller.charge(DECLINED).await;
    for intent in [
        caller.created().await,
        caller.charge(&format!("{INTENT}&{VISA}")).await.text("/id").to_owned(),
        caller
            .charge(&CHARGE.replace("visa", "authenticationRequired"))
            .await
            .text("/id")
            .to_owned(),
        declined.text("/error/payment_intent/id").to_owned(),
    ] {
        let path = format!("/v1/payment_intents/{intent}/cancel");
        let cancelled = caller.post(&path, None, "cancellation_reason=abandoned").await;
        assert_eq!((cancelled.status, cancelled.text("/status")), (200, "canceled"));
        assert_eq!(cancelled.text("/cancellation_reason"), "abandoned");
        assert!(cancelled.body["canceled_at"].is_i64());
        assert_unexpected(&caller.confirm(&intent, VISA).await, "canceled");
        assert_unexpected(&caller.cancel(&intent).await, "canceled");
    }
    let order = caller.ledger().await.order("order-1");
    assert_eq!((order.charges, order.charged), (0, 0));
}

/// <https://docs.stripe.com/api/payment_intents/cancel>
#[tokio::test]
async fn an_intent_that_was_charged_cannot_be_cancelled_or_confirmed_again() {
    let caller = Caller::new();
    let intent = caller.charged().await;
    assert_unexpected(&caller.cancel(&intent).await, "succeeded");
    assert_unexpected(&caller.confirm(&intent, VISA).await, "succeeded");
    assert_eq!(caller.cancel("pi_none").await.text("/error/code"), "resource_missing");
    let path = format!("/v1/payment_intents/{intent}/cancel");
    let whim = caller.post(&path, None, "cancellation_reason=whim").await;
    assert_eq!(whim.text("/error/param"), "cancellation_reason");
    assert_eq!(caller.ledger().await.order("order-1").charges, 1);
}

/// <https://docs.stripe.com/testing#regulatory-cards>
#[tokio::test]
async fn a_card_that_asks_the_customer_requires_action_and_moves_no_money() {
    let caller = Caller::new();
    let intent = caller.created().await;
    let form = "payment_method=pm_card_authenticationRequired";
    let waiting = caller.confirm(&intent, form).await;
    assert_eq!((waiting.status, waiting.text("/status")), (200, "requires_action"));
    assert_eq!(waiting.text("/next_action/type"), "use_stripe_sdk");
    let ledger = caller.ledger().await;
    assert_eq!((ledger.payments[0].outcome, ledger.movements.len()), (Outcome::RequiresAction, 0));
    assert_eq!(caller.confirm(&intent, VISA).await.text("/status"), "succeeded");
}

/// <https://docs.stripe.com/payments/paymentintents/lifecycle>
#[tokio::test]
async fn a_payment_that_is_processing_cannot_be_changed_until_it_ends() {
    let caller = Caller::new();
    for (end, status, outcome) in [
        ("succeed", "succeeded", Outcome::Charged),
        ("fail", "requires_payment_method", Outcome::Declined),
    ] {
        let intent = caller.processing(end).await;
        assert_unexpected(&caller.cancel(&intent).await, "processing");
        assert_unexpected(&caller.confirm(&intent, VISA).await, "processing");
        let refund = caller.refund(&format!("payment_intent={intent}")).await;
        assert_eq!(refund.status, 400);
        caller.advance(59).await;
        assert_eq!(caller.status(&intent).await, "processing");
        caller.advance(1).await;
        assert_eq!(caller.status(&intent).await, status);
        let payment = caller.ledger().await.payments.pop().unwrap();
        assert_eq!((payment.payment_intent, payment.outcome), (intent, outcome));
    }
}

#[tokio::test(start_paused = true)]
async fn a_processing_payment_ends_without_a_call() {
    let caller = Caller::new();
    let intent = caller.processing("succeed").await;
    tokio::time::advance(std::time::Duration::from_mins(1)).await;
    assert_eq!(caller.status(&intent).await, "succeeded");
}
