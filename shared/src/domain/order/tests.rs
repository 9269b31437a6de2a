//! What can be recorded in an order's document, and what cannot.

use super::*;
use crate::domain::Refusal;
use crate::testing::orders::{euro, placed_order};
use proptest::prelude::*;
use std::time::Duration;

fn any_progress() -> impl Strategy<Value = Progress> {
    let order = placed_order().order_id;
    let cause = Cause { step: Step::Pay, stop: Stop::Refused(Refusal::PaymentVoided) };
    prop_oneof![
        Just(Progress::Reserved { total: euro(100) }),
        Just(Progress::Paid { payment_id: PaymentId::of(&order) }),
        Just(Progress::Shipped { tracking_id: TrackingId::of(&order) }),
        Just(Progress::Stopped(cause.clone())),
        Just(Progress::Undone(Step::ReleaseStock)),
        Just(Progress::PaymentUndone { refunded: Some(euro(100)) }),
        Just(Progress::PaymentUndone { refunded: None }),
        Just(Progress::Ended(Outcome::Fulfilled)),
        Just(Progress::Ended(Outcome::Cancelled { cause: cause.clone() })),
        Just(Progress::Ended(Outcome::Stuck { cause, left: vec![Step::RefundPayment] })),
    ]
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000_000 + second).unwrap()
}

proptest! {
    #[test]
    fn an_order_never_goes_back_and_never_changes_after_its_end(
        notes in prop::collection::vec(any_progress(), 0..20)
    ) {
        let mut order = Order::new(placed_order());
        for (second, progress) in (0..).zip(&notes) {
            let before = order.clone();
            let changed = order.note(progress, at(second));
            prop_assert!(order.status >= before.status);
            prop_assert_eq!(changed, order != before);
            prop_assert!(!before.status.is_final() || order == before);
            prop_assert_eq!(order.status >= Status::Stuck, order.outcome.is_some());
        }
    }

    #[test]
    fn a_repeated_record_changes_nothing(
        notes in prop::collection::vec(any_progress(), 0..6), again in any_progress()
    ) {
        let mut order = Order::new(placed_order());
        for progress in &notes {
            order.note(progress, at(1));
        }
        order.note(&again, at(2));
        let once = order.clone();
        prop_assert!(!order.note(&again, at(3)));
        prop_assert_eq!(order, once);
    }
}

#[test]
fn a_customer_is_erased_from_an_order_that_has_ended_finally() {
    let mut order = Order::new(placed_order());
    assert!(!order.erase_customer());
    assert_eq!(order.placed, placed_order());
    order.note(&Progress::Ended(Outcome::Fulfilled), at(1));
    assert!(order.erase_customer() && order.placed.order.is_erased());
    let text = serde_json::to_string(&order).unwrap();
    for personal in ["Ann Smith", "ann@example.com", "Main Street", "10115", "Berlin"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), order);
}

#[test]
fn a_document_survives_a_round_trip_through_json() {
    let mut order = Order::new(placed_order());
    order.note(&Progress::Reserved { total: euro(5) }, at(1));
    let cause = Cause {
        step: Step::Pay,
        stop: Stop::Refused(Refusal::PaymentDeclined { code: "card_declined".into() }),
    };
    order.note(&Progress::Ended(Outcome::Cancelled { cause }), at(2));
    let json = serde_json::to_vec(&order).unwrap();
    assert_eq!(serde_json::from_slice::<Order>(&json).unwrap(), order);
}

#[test]
fn an_undo_that_refunded_nothing_is_no_step_unless_it_had_been_left() {
    let undone = |order: &mut Order, refunded| {
        order.note(&Progress::PaymentUndone { refunded }, at(5));
        let undos = order.steps.iter().filter(|done| done.step == Step::RefundPayment);
        (undos.map(|done| done.state).collect::<Vec<_>>(), order.given_back)
    };
    let mut order = Order::new(placed_order());
    assert_eq!(undone(&mut order, None), (vec![], None));
    let refunded = Some(euro(100));
    assert_eq!(undone(&mut order.clone(), refunded), (vec![StepState::Done], refunded));
    let cause = Cause { step: Step::Pay, stop: Stop::Failed };
    let left = vec![Step::RefundPayment];
    order.note(&Progress::Ended(Outcome::Stuck { cause, left }), at(4));
    assert_eq!(undone(&mut order, None), (vec![StepState::Failed, StepState::Done], None));
}

#[test]
fn the_first_total_reserved_is_kept() {
    let mut order = Order::new(placed_order());
    assert!(order.note(&Progress::Reserved { total: euro(100) }, at(1)));
    assert!(!order.note(&Progress::Reserved { total: euro(200) }, at(2)));
    assert_eq!((order.total, order.updated_at), (Some(euro(100)), at(1)));
}

#[test]
fn tries_that_fail_are_counted_until_their_step_is_decided() {
    let pause = |_: Step, tries: u32| Duration::from_secs(tries.into());
    let mut order = Order::new(placed_order());
    let tried = |order: &Order| -> Vec<_> {
        let tried = order.retrying.iter();
        tried.map(|it| (it.step, it.tries, it.failed_at, it.next_at)).collect()
    };
    order.note_failed_try(Step::Reserve, at(1), pause);
    order.note_failed_try(Step::Reserve, at(2), pause);
    assert_eq!(tried(&order), [(Step::Reserve, 2, at(2), at(4))]);
    order.note(&Progress::Reserved { total: euro(5) }, at(5));
    assert_eq!(tried(&order), []);
    let cause = Cause { step: Step::Pay, stop: Stop::Failed };
    order.note_failed_try(Step::Pay, at(6), pause);
    order.note(&Progress::Stopped(cause.clone()), at(7));
    order.note_failed_try(Step::RefundPayment, at(8), pause);
    order.note_failed_try(Step::ReleaseStock, at(8), pause);
    assert_eq!(tried(&order).len(), 2, "undos are tried side by side");
    let stuck = Outcome::Stuck { cause: cause.clone(), left: vec![Step::RefundPayment] };
    order.note(&Progress::Ended(stuck.clone()), at(9));
    assert_eq!(tried(&order), []);
    order.note_failed_try(Step::RefundPayment, at(10), pause);
    assert_eq!(tried(&order), [(Step::RefundPayment, 1, at(10), at(11))]);
    assert!(!order.note(&Progress::Ended(stuck), at(11)));
    assert_eq!(tried(&order), []);
    order.note(&Progress::Ended(Outcome::Cancelled { cause }), at(12));
    order.note_failed_try(Step::RefundPayment, at(13), pause);
    assert_eq!(tried(&order), []);
}
