//! Refunds by staff, and those that the provider takes back.

use super::*;
use crate::domain::PaymentId;
use crate::domain::order::Progress;
use crate::domain::saga::{Cause, Outcome, Step, Stop};
use crate::testing::orders::{at, euro, placed_order};

fn order(last: Option<Outcome>) -> Order {
    let placed = placed_order();
    let payment_id = PaymentId::of(&placed.order_id);
    let mut order = Order::new(placed);
    order.note(&Progress::Reserved { total: euro(700) }, at(1));
    order.note(&Progress::Paid { payment_id }, at(2));
    last.map(|last| order.note(&Progress::Ended(last), at(3)));
    order
}

fn id(key: &str) -> RefundId {
    RefundId::for_key(&PaymentId::of(&placed_order().order_id), key)
}

fn ask(amount: Option<i64>) -> NewOrderRefund {
    NewOrderRefund { amount: amount.map(euro), reason: None }
}

#[test]
fn only_an_order_that_completed_with_a_payment_is_refunded() {
    let refused =
        |mut order: Order| order.ask_refund(&id("a"), &ask(None), None, at(9)).unwrap_err();
    assert_eq!(refused(order(None)), RefundRejection::NotEnded(Status::Paid));
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    let stuck = Outcome::Stuck { cause: cause.clone(), left: vec![Step::RefundPayment] };
    assert_eq!(refused(order(Some(stuck))), RefundRejection::NotEnded(Status::Stuck));
    let nothing = RefundRejection::Refused(Refusal::NothingToRefund);
    assert_eq!(refused(order(Some(Outcome::Cancelled { cause }))), nothing);
    let mut free = Order::new(placed_order());
    free.note(&Progress::Reserved { total: euro(0) }, at(1));
    free.note(&Progress::Ended(Outcome::Fulfilled), at(2));
    assert_eq!(refused(free), nothing);
}

#[test]
fn one_key_is_one_refund_and_belongs_to_one_request() {
    let mut order = order(Some(Outcome::Fulfilled));
    order.ask_refund(&id("a"), &ask(Some(300)), None, at(4)).unwrap();
    order.ask_refund(&id("b"), &ask(None), None, at(5)).unwrap();
    let asked = order.refunds.clone();
    order.ask_refund(&id("a"), &ask(Some(300)), None, at(6)).unwrap();
    order.ask_refund(&id("b"), &ask(None), None, at(6)).unwrap();
    assert_eq!(order.refunds, asked);
    assert_eq!((asked[1].amount, asked[1].created_at), (euro(400), at(5)));
    let reason = Some("broken".to_owned().try_into().unwrap());
    for (key, other) in [
        ("a", ask(Some(301))),
        ("a", ask(None)),
        ("a", NewOrderRefund { reason, ..ask(Some(300)) }),
        ("b", ask(Some(400))),
    ] {
        let rejected = order.ask_refund(&id(key), &other, None, at(7)).unwrap_err();
        assert_eq!(rejected, RefundRejection::KeyReused, "{key} {other:?}");
    }
}

#[test]
fn no_more_is_refunded_than_was_paid() {
    let mut order = order(Some(Outcome::Fulfilled));
    let left = euro(700);
    let too_large = RefundRejection::Refused(Refusal::RefundTooLarge { left });
    let much = order.ask_refund(&id("a"), &ask(Some(701)), None, at(4)).unwrap_err();
    let none = order.ask_refund(&id("a"), &ask(Some(0)), None, at(4)).unwrap_err();
    assert_eq!(none, RefundRejection::NoAmount);
    let dollar = Money::new(1, "USD".parse().unwrap()).unwrap();
    let other = NewOrderRefund { amount: Some(dollar), reason: None };
    let other = order.ask_refund(&id("a"), &other, None, at(4)).unwrap_err();
    assert_eq!((&much, &other), (&too_large, &too_large));
    order.ask_refund(&id("a"), &ask(None), None, at(4)).unwrap();
    let nothing = RefundRejection::Refused(Refusal::NothingToRefund);
    assert_eq!(order.ask_refund(&id("b"), &ask(Some(1)), None, at(5)).unwrap_err(), nothing);
    // A refund that failed can be requested again, with either key.
    order.note_refund(&id("a"), RefundState::Failed, at(6));
    order.ask_refund(&id("b"), &ask(Some(1)), None, at(7)).unwrap();
    let left = euro(699);
    let again = order.ask_refund(&id("a"), &ask(None), None, at(8)).unwrap_err();
    assert_eq!(again, RefundRejection::Refused(Refusal::RefundTooLarge { left }));
}

#[test]
fn a_successful_refund_stays_so_and_is_open_until_it_is_published() {
    let mut order = order(Some(Outcome::Fulfilled));
    order.ask_refund(&id("a"), &ask(None), None, at(4)).unwrap();
    assert!(order.refunds[0].is_open());
    for (state, second) in [(RefundState::Succeeded, 5), (RefundState::Pending, 6)] {
        order.note_refund(&id("a"), state, at(second));
    }
    let refund = &order.refunds[0];
    assert_eq!((refund.state, refund.updated_at), (RefundState::Succeeded, at(5)));
    assert!(refund.is_open());
    order.note_refund_published(&id("a"));
    assert!(!order.refunds[0].is_open());
}

#[test]
fn a_refund_that_was_taken_back_can_be_made_again() {
    let mut order = order(Some(Outcome::Fulfilled));
    order.ask_refund(&id("a"), &ask(None), None, at(4)).unwrap();
    order.note_refund(&id("a"), RefundState::Succeeded, at(5));
    order.note_refund_published(&id("a"));
    order.take_refund_back(&id("a"), at(6));
    order.take_refund_back(&id("a"), at(7));
    let failed = (order.refunds[0].state, order.refunds[0].updated_at, order.refunds[0].published);
    assert_eq!(failed, (RefundState::Failed, at(6), false));
    order.ask_refund(&id("a"), &ask(None), None, at(8)).unwrap();
    assert!(order.refunds[0].is_open());
}

#[test]
fn what_was_taken_back_of_a_cancelled_order_is_owed_to_its_customer_until_it_is_refunded() {
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    let mut order = order(None);
    order.note(&Progress::PaymentUndone { refunded: Some(euro(700)) }, at(3));
    order.note(&Progress::Ended(Outcome::Cancelled { cause }), at(4));
    assert_eq!(order.owed(), None);
    for second in [5, 6] {
        order.take_refund_back(&RefundId::undo(), at(second));
    }
    assert_eq!((order.given_back, order.owed()), (None, Some(euro(700))));
    let last = order.steps.last().unwrap();
    assert_eq!((last.step, last.state, last.at), (Step::RefundPayment, StepState::Failed, at(5)));
    order.ask_refund(&id("a"), &ask(Some(300)), None, at(7)).unwrap();
    assert_eq!(order.owed(), Some(euro(400)));
    order.ask_refund(&id("b"), &ask(None), None, at(8)).unwrap();
    assert_eq!((order.refunds[1].amount, order.owed()), (euro(400), None));
}

#[test]
fn each_refund_is_looked_at_again_after_a_day_a_week_and_30_days() {
    const DAY: i64 = 86_400;
    let mut order = order(Some(Outcome::Fulfilled));
    assert_eq!((order.next_review(at(0)), order.needs_review(at(DAY))), (None, false));
    order.ask_refund(&id("a"), &ask(Some(300)), None, at(0)).unwrap();
    assert_eq!(order.next_review(at(1)), None);
    order.note_refund(&id("a"), RefundState::Succeeded, at(0));
    for (now, needed, next) in [
        (0, false, Some(1)),
        (DAY - 1, false, Some(1)),
        (DAY, true, Some(7)),
        (7 * DAY, true, Some(30)),
        (30 * DAY, true, None),
    ] {
        let next = next.map(|day| SignedDuration::from_secs(day * DAY - now));
        assert_eq!((order.needs_review(at(now)), order.next_review(at(now))), (needed, next));
    }
}

#[test]
fn an_undone_payment_is_reviewed_from_when_it_was_refunded() {
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    let mut order = order(None);
    assert!(!order.has_given_back());
    order.note(&Progress::Stopped(cause), at(3));
    order.note(&Progress::PaymentUndone { refunded: Some(euro(700)) }, at(4));
    order.note(&Progress::Undone(Step::ReleaseStock), at(9));
    assert!(order.has_given_back());
    let day = SignedDuration::from_hours(24);
    assert_eq!(order.next_review(at(4)), Some(day));
    assert_eq!(order.next_review(at(5)), Some(day - SignedDuration::from_secs(1)));
}
