//! Laws of a payment under any sequence of calls and answers.

use super::*;
use crate::testing::orders::{at, euro, placed_order};
use proptest::prelude::*;

const PAID: i64 = 700;

fn charge() -> Charge {
    let placed = placed_order();
    let payment_method = placed.order.payment_method;
    Charge { order_id: placed.order_id, amount: euro(PAID), payment_method }
}

fn intended() -> Payment {
    Payment::intended(Owner::Order, charge())
}

fn charged() -> Payment {
    let mut payment = intended();
    assert!(payment.advance(PaymentState::Created { intent: "pi_1".into() }));
    assert!(payment.advance(PaymentState::Charged { reference: "pi_1".into() }));
    payment
}

fn any_state() -> impl Strategy<Value = PaymentState> {
    prop_oneof![
        Just(PaymentState::Intended),
        Just(PaymentState::Created { intent: "pi_1".into() }),
        Just(PaymentState::Charged { reference: "pi_1".into() }),
        Just(PaymentState::Refused(Refusal::PaymentNeedsCustomer)),
        Just(PaymentState::Cancelled),
        Just(PaymentState::Refunded { reference: "pi_1".into() }),
    ]
}

#[derive(Debug, Clone)]
enum Step {
    Ask(u8, Option<i64>),
    Note(u8, RefundState),
}

fn any_step() -> impl Strategy<Value = Step> {
    let state = prop_oneof![
        Just(RefundState::Pending),
        Just(RefundState::Succeeded),
        Just(RefundState::Failed),
    ];
    prop_oneof![
        (0..4_u8, prop::option::of(1..2 * PAID)).prop_map(|(id, amount)| Step::Ask(id, amount)),
        (0..4_u8, state).prop_map(|(id, state)| Step::Note(id, state)),
    ]
}

fn id(number: u8) -> RefundId {
    RefundId::for_key(&PaymentId::of(&placed_order().order_id), &number.to_string())
}

fn given_back(payment: &Payment) -> i64 {
    let done = |refund: &&Refund| refund.state == RefundState::Succeeded;
    payment.refunds.iter().filter(done).map(|refund| refund.amount.amount()).sum()
}

proptest! {
    #[test]
    fn an_ended_payment_never_changes(states in prop::collection::vec(any_state(), 0..20)) {
        let mut payment = intended();
        for next in states {
            let before = payment.state.clone();
            let moved = payment.advance(next);
            prop_assert_eq!(moved, payment.state != before);
            let ended = matches!(
                before,
                PaymentState::Refused(_) | PaymentState::Cancelled | PaymentState::Refunded { .. }
            );
            prop_assert!(!(ended && moved));
        }
    }

    #[test]
    fn refunds_never_exceed_the_charge(steps in prop::collection::vec(any_step(), 0..30)) {
        let mut payment = charged();
        for step in steps {
            let before = given_back(&payment);
            match step {
                Step::Ask(number, amount) => {
                    let _ = payment.ask_refund(&id(number), amount.map(euro), at(1));
                }
                Step::Note(number, RefundState::Pending) => payment.spend_refund_key(&id(number), 1),
                // The provider reports only what was requested of it.
                Step::Note(number, state) => {
                    let asked = payment.refund(&id(number));
                    if asked.is_some_and(|refund| refund.state == RefundState::Pending) {
                        payment.note_refund(&id(number), state, at(2));
                    }
                }
            }
            prop_assert!(before <= given_back(&payment));
            prop_assert!(given_back(&payment) <= PAID);
            let all = matches!(payment.state, PaymentState::Refunded { .. });
            prop_assert_eq!(all, given_back(&payment) == PAID);
        }
    }

    #[test]
    fn no_reference_of_a_caller_is_the_payment_of_an_order(id in "[a-z0-9-]{1,64}") {
        let order: OrderId = id.parse().unwrap();
        prop_assert_ne!(Owner::Order.payment_id(&order), Owner::Caller.payment_id(&order));
    }
}

#[test]
fn a_cancelled_payment_cannot_be_used_again() {
    let mut payment = intended();
    assert_eq!(payment.serves(&charge()), Ok(()));
    let other = Charge { amount: euro(1), ..charge() };
    assert_eq!(payment.serves(&other), Err(Refusal::PaymentMismatch));
    payment.call_off();
    assert_eq!(payment.state, PaymentState::Cancelled);
    assert_eq!(payment.serves(&charge()), Err(Refusal::PaymentVoided));
    let voided = Payment::voided(charge().order_id);
    assert_eq!(voided.serves(&charge()), Err(Refusal::PaymentVoided));
}

#[test]
fn a_created_or_charged_payment_that_is_cancelled_still_has_to_be_undone() {
    let mut payment = charged();
    payment.call_off();
    assert!(payment.called_off);
    assert_eq!(payment.state, PaymentState::Charged { reference: "pi_1".into() });
}

#[test]
fn a_caller_may_try_another_method_once_one_was_declined() {
    let declined = PaymentState::Refused(Refusal::PaymentDeclined { code: "card_declined".into() });
    let payment_method = "pm_card_mastercard".to_owned().try_into().unwrap();
    let other = Charge { payment_method, ..charge() };
    for by in [Owner::Caller, Owner::Order] {
        let mut payment = Payment::intended(by, charge());
        payment.try_another(&other);
        assert_eq!(payment.charge, Some(charge()), "the first one is not decided");
        let key = payment.creation_key();
        payment.advance(declined.clone());
        payment.try_another(&charge());
        assert_eq!(payment.state, declined, "it is the same method");
        payment.try_another(&other);
        let tried = (payment.state == PaymentState::Intended, payment.creation_key() != key);
        assert_eq!(tried, (by == Owner::Caller, by == Owner::Caller));
    }
}

#[test]
fn a_repeated_refund_is_the_same_and_another_amount_is_rejected() {
    let mut payment = charged();
    payment.ask_refund(&id(1), Some(euro(300)), at(1)).unwrap();
    payment.ask_refund(&id(1), Some(euro(300)), at(1)).unwrap();
    payment.ask_refund(&id(1), None, at(1)).unwrap();
    assert_eq!((payment.refunds.len(), payment.left(), payment.kept()), (1, 400, PAID));
    assert_eq!(payment.ask_refund(&id(1), Some(euro(1)), at(1)), Err(Refusal::RefundMismatch));
    let left = euro(400);
    assert_eq!(
        payment.ask_refund(&id(2), Some(euro(401)), at(1)),
        Err(Refusal::RefundTooLarge { left })
    );
    let dollars = Money::new(1, "USD".parse().unwrap()).unwrap();
    assert_eq!(
        payment.ask_refund(&id(2), Some(dollars), at(1)),
        Err(Refusal::RefundTooLarge { left })
    );
    payment.ask_refund(&id(2), Some(left), at(1)).unwrap();
    payment.ask_refund(&id(3), None, at(1)).unwrap();
    assert_eq!((payment.refunds.len(), payment.left()), (2, 0));
}

#[test]
fn a_failed_refund_is_tried_again_if_enough_is_left() {
    let mut payment = charged();
    payment.ask_refund(&id(1), Some(euro(500)), at(1)).unwrap();
    payment.note_refund(&id(1), RefundState::Failed, at(2));
    assert_eq!(payment.left(), PAID);
    payment.ask_refund(&id(2), Some(euro(400)), at(1)).unwrap();
    let left = euro(300);
    assert_eq!(payment.ask_refund(&id(1), None, at(1)), Err(Refusal::RefundTooLarge { left }));
    payment.note_refund(&id(2), RefundState::Failed, at(2));
    payment.ask_refund(&id(1), None, at(1)).unwrap();
    assert_eq!(payment.left(), 200);
}

#[test]
fn the_refunds_of_a_payment_are_bounded_but_for_its_undo() {
    let mut payment = charged();
    for number in 0..Payment::MAX_REFUNDS {
        let id = RefundId::for_key(&payment.payment_id, &format!("n{number}"));
        payment.ask_refund(&id, Some(euro(1)), at(1)).unwrap();
    }
    assert_eq!(payment.ask_refund(&id(0), Some(euro(1)), at(1)), Err(Refusal::TooManyRefunds));
    payment.ask_refund(&RefundId::undo(), None, at(1)).unwrap();
    assert_eq!(payment.left(), 0);
}

#[test]
fn each_spent_key_is_followed_by_another() {
    let mut payment = charged();
    let first = payment.creation_key();
    payment.spent_keys += 1;
    assert_ne!(payment.creation_key(), first);
    assert!(first.contains(payment.payment_id.as_str()));
}

#[test]
fn each_state_has_its_name() {
    let name = |state: PaymentState| state.name();
    assert_eq!(name(PaymentState::Intended), "pending");
    assert_eq!(name(PaymentState::Created { intent: "pi_1".into() }), "pending");
    assert_eq!(name(PaymentState::Charged { reference: "pi_1".into() }), "charged");
    assert_eq!(name(PaymentState::Refused(Refusal::PaymentVoided)), "refused");
    assert_eq!(name(PaymentState::Cancelled), "cancelled");
    assert_eq!(name(PaymentState::Refunded { reference: "pi_1".into() }), "refunded");
}

#[test]
fn documents_of_the_first_version_and_of_later_ones_are_read() {
    let first = r#"{"payment_id": "p", "order_id": "a", "charge": {"order_id": "a",
        "amount": {"amount": 700, "currency": "EUR"}, "payment_method": "pm_card_visa"},
        "state": {"refunded": {"reference": "pi_1"}}}"#;
    let read: Payment = serde_json::from_str(first).unwrap();
    assert_eq!((read.intent(), read.by, read.left()), (Some("pi_1"), Owner::Order, 0));
    let later = first.replacen('{', r#"{"surprise": {}, "#, 1);
    assert_eq!(serde_json::from_str::<Payment>(&later).unwrap(), read);
}

#[test]
fn only_the_refund_that_was_taken_back_is_shown_so() {
    let mut payment = charged();
    let [first, second] = ["a", "b"].map(|key| RefundId::for_key(&payment.payment_id, key));
    for id in [&first, &second] {
        payment.ask_refund(id, Some(euro(100)), at(0)).unwrap();
        payment.note_refund(id, RefundState::Succeeded, at(1));
    }
    assert!(payment.take_refund_back(&second, at(2)));
    assert!(!payment.take_refund_back(&second, at(3)));
    let states = [first, second].map(|id| payment.refund(&id).map(|refund| refund.state));
    assert_eq!(states, [Some(RefundState::Succeeded), Some(RefundState::Failed)]);
}
