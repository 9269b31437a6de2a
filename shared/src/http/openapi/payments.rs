//! Operations at `/api/payments`.

use super::operation::Operation;
use super::parts::KEY;
use crate::domain::RefusalName as R;
use crate::domain::payment::{NewPayment, NewRefund};
use crate::http::Kind;
use crate::http::views::PaymentView;
use axum::http::Method;
use serde_json::{Value, json};

pub(super) fn operations() -> Vec<Operation> {
    vec![create(), get(), refund()]
}

fn payment() -> Value {
    json!({
        "payment_id": "1c9a4a1e-0d57-5b6f-93a5-1b5b0b6d6f0a", "order_id": "invoice-2041",
        "amount": {"amount": 4200, "currency": "EUR"}, "status": "charged"
    })
}

fn create() -> Operation {
    let amount = json!({"amount": 4200, "currency": "EUR"});
    Operation::new(Method::POST, "/api/payments", "createPayment", "Charges a payment")
        .says("A payment under your own reference, never the payment of an order. The same reference is the same payment. If it is declined, another method may be tried.")
        .reads::<NewPayment>(json!({"order_id": "invoice-2041", "amount": amount, "payment_method": "pm_card_visa"}))
        .answers::<PaymentView>(201, "The payment.", payment())
        .with(&["Location"])
        .leads_to(&["getPayment", "refundPayment"])
        .refuses(&[R::PaymentDeclined, R::PaymentNeedsCustomer, R::PaymentMismatch, R::PaymentVoided])
        .refuses(&[R::TotalTooLarge, R::TotalTooSmall, R::CurrencyNotTaken])
}

fn get() -> Operation {
    let path = "/api/payments/{payment_id}";
    Operation::new(Method::GET, path, "getPayment", "Shows a payment with its refunds")
        .answers::<PaymentView>(200, "The payment.", payment())
        .fails(&[Kind::UnknownPayment])
}

fn refund() -> Operation {
    let path = "/api/payments/{payment_id}/refund";
    let mut refunded = payment();
    let amount = json!({"amount": 700, "currency": "EUR"});
    refunded["refunds"] = json!([{"refund_id": "rest", "amount": amount, "status": "succeeded"}]);
    Operation::new(Method::POST, path, "refundPayment", "Refunds a payment, or a part of it")
        .says(
            "Without an `amount`, all that is left is refunded. A part needs an `Idempotency-Key`.",
        )
        .takes(&[&KEY])
        .reads::<NewRefund>(json!({"amount": amount}))
        .answers::<PaymentView>(200, "The payment with its refunds.", refunded)
        .fails(&[Kind::UnknownPayment])
        .refuses(&[R::RefundTooLarge, R::NothingToRefund, R::RefundMismatch, R::TooManyRefunds])
        .refuses(&[R::PaymentOfAnOrder])
}
