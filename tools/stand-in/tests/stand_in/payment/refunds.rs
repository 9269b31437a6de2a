//! Refunds: whole, in parts, and rejected.
//!
//! See <https://docs.stripe.com/api/refunds/create>.

use crate::payment::support::{Caller, DECLINED};

#[tokio::test]
async fn a_refund_without_an_amount_refunds_everything() {
    let caller = Caller::new();
    let intent = caller.charged().await;
    let form = format!("payment_intent={intent}&reason=requested_by_customer&metadata[a]=b");
    let answer = caller.refund(&form).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.text("/id").starts_with("re_"));
    assert_eq!(answer.text("/object"), "refund");
    assert_eq!(answer.text("/currency"), "eur");
    assert_eq!(answer.text("/payment_intent"), intent);
    assert_eq!(answer.text("/status"), "succeeded");
    assert_eq!(answer.text("/metadata/a"), "b");
    assert_eq!(answer.body["amount"], 1250);
    let order = caller.ledger().await.order("order-1");
    assert_eq!((order.charges, order.refunds, order.net()), (1, 1, 0));
}

#[tokio::test]
async fn partial_refunds_add_up_to_the_charge_and_no_further() {
    let caller = Caller::new();
    let intent = caller.charged().await;
    let refund = async |amount: u32| {
        caller.refund(&format!("payment_intent={intent}&amount={amount}")).await
    };
    assert_eq!(refund(1000).await.status, 200);
    let too_much = refund(251).await;
    assert_eq!(too_much.status, 400);
    assert_eq!(too_much.text("/error/param"), "amount");
    assert_eq!(
        too_much.text("/error/message"),
        "Refund amount (251 eur) is greater than unrefunded amount on charge (250 eur)"
    );
    assert_eq!(refund(250).await.status, 200);
    assert_eq!(refund(1).await.text("/error/code"), "charge_already_refunded");
    let order = caller.ledger().await.order("order-1");
    assert_eq!((order.charged, order.refunded, order.refunds), (1250, 1250, 2));
}

#[tokio::test]
async fn a_declined_intent_has_nothing_to_refund() {
    let caller = Caller::new();
    let declined = caller.charge(DECLINED).await;
    let intent = declined.text("/error/payment_intent/id");
    let answer = caller.refund(&format!("payment_intent={intent}")).await;
    assert_eq!(answer.status, 400);
    let message =
        format!("This PaymentIntent ({intent}) does not have a successful charge to refund.");
    assert_eq!(answer.text("/error/message"), message);
}

#[tokio::test]
async fn an_unknown_intent_cannot_be_refunded() {
    let answer = Caller::new().refund("payment_intent=pi_1").await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.text("/error/code"), "resource_missing");
    assert_eq!(answer.text("/error/param"), "payment_intent");
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let caller = Caller::new();
    let intent = caller.charged().await;
    for (form, param) in [
        (String::new(), "payment_intent"),
        (format!("payment_intent={intent}&amount=0"), "amount"),
        (format!("payment_intent={intent}&reason=whim"), "reason"),
        (format!("payment_intent={intent}&currency=eur"), "currency"),
    ] {
        let answer = caller.refund(&form).await;
        assert_eq!(answer.status, 400, "{form}");
        assert_eq!(answer.text("/error/param"), param, "{form}");
    }
    assert_eq!(caller.ledger().await.order("order-1").refunds, 0);
}
