//! What is shown of an order.

use super::*;
use crate::domain::Refusal;
use crate::domain::order::Progress;
use crate::domain::saga::{Cause, Stop};
use crate::testing::orders::{at, placed_order};
use serde_json::json;

#[test]
fn a_pending_order_shows_nothing_that_has_not_happened() {
    let view = json!(OrderView::of(Order::new(placed_order())));
    let members: Vec<_> = view.as_object().unwrap().keys().map(String::as_str).collect();
    let shown = "created_at customer_id email items order_id status updated_at";
    assert_eq!(members.join(" "), shown);
    assert_eq!(
        (&view["status"], &view["created_at"]),
        (&json!("pending"), &json!("2027-01-15T08:00:00Z"))
    );
}

#[test]
fn a_cancelled_order_says_why() {
    let mut order = Order::new(placed_order());
    let refusal = Refusal::PaymentDeclined { code: "card_declined".into() };
    let cause = Cause { step: Step::Pay, stop: Stop::Refused(refusal) };
    order.note(&Progress::Ended(Outcome::Cancelled { cause }), at(9));
    let view = json!(StatusView::from(order));
    assert_eq!(
        (&view["status"], &view["reason"]["code"]),
        (&json!("cancelled"), &json!("payment-declined"))
    );
    assert_eq!(
        view["steps"][1],
        json!({"step": "pay", "state": "refused", "at": "2027-01-15T08:00:09Z"})
    );
}

#[test]
fn a_stuck_order_names_what_is_left() {
    let mut order = Order::new(placed_order());
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    let outcome = Outcome::Stuck { cause, left: vec![Step::RefundPayment] };
    order.note(&Progress::Ended(outcome), at(9));
    let view = json!(OrderView::of(order));
    assert_eq!(
        (&view["reason"]["code"], &view["left"]),
        (&json!("step-failed"), &json!(["refund-payment"]))
    );
}
