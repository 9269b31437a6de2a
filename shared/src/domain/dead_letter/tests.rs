//! What becomes of a dead letter.

use super::*;
use crate::testing::orders::at;
use serde_json::json;

fn subscription() -> Subscription {
    Subscription { topic: "orders".to_owned(), function: "notify-order".to_owned() }
}

fn letter(message: &Value, seconds: i64) -> DeadLetter {
    DeadLetter::new(subscription(), message.to_string().as_bytes(), at(seconds))
}

fn handling(action: LetterAction, at: Timestamp) -> Handling {
    Handling { action, by: Some("sam".parse().unwrap()), reason: None, at }
}

fn handle(
    letter: &mut DeadLetter,
    action: LetterAction,
    at: Timestamp,
) -> Result<(), LetterRejection> {
    letter.handle(handling(action, at))
}

fn event(reason: Option<&str>) -> Value {
    let mut event = json!({"specversion": "1.0", "id": "1", "source": "saga-shop", "type": "t"});
    if let Some(reason) = reason {
        event[REASON] = reason.into();
    }
    event
}

#[test]
fn a_letter_has_the_reason_that_its_message_names_and_its_message_is_as_it_was_published() {
    let named = letter(&event(Some("it is poison")), 0);
    assert_eq!((named.reason.as_str(), &named.message), ("it is poison", &event(None)));
    assert_eq!(letter(&event(None), 0).reason, "its retries are exhausted");
    assert_eq!(letter(&json!([1]), 0).reason, "it is not a CloudEvent");
    let text = DeadLetter::new(subscription(), b"nonsense", at(0));
    assert_eq!(
        (text.reason.as_str(), &text.message),
        ("it is not a CloudEvent", &json!("nonsense"))
    );
    assert_eq!(letter(&event(Some(&"x".repeat(5_000))), 0).reason.len(), MAX_REASON);
}

#[test]
fn an_event_has_one_letter_of_each_function() {
    let other = Subscription { function: "index-orders".to_owned(), ..subscription() };
    let first = letter(&event(Some("a")), 0);
    assert_eq!(first.letter_id, letter(&event(Some("b")), 9).letter_id);
    let bytes = event(None).to_string();
    assert_ne!(first.letter_id, DeadLetter::new(other, bytes.as_bytes(), at(0)).letter_id);
    assert_ne!(letter(&json!("a"), 0).letter_id, letter(&json!("b"), 0).letter_id);
}

#[test]
fn a_letter_that_is_delivered_again_stays_as_it_is() {
    let open = letter(&event(Some("first")), 0);
    assert_eq!(letter(&event(Some("second")), 5).recorded(Some(open.clone())), open);
    let mut dropped = open;
    handle(&mut dropped, LetterAction::Drop, at(1)).unwrap();
    assert_eq!(letter(&event(None), 5).recorded(Some(dropped.clone())), dropped);
    assert!(!dropped.is_open());
}

#[test]
fn a_letter_that_was_resent_is_open_again_when_its_message_fails_again() {
    let mut resent = letter(&event(Some("first")), 0);
    handle(&mut resent, LetterAction::Resend, at(1)).unwrap();
    let again = letter(&event(Some("second")), 5).recorded(Some(resent.clone()));
    assert_eq!(
        (again.state, again.failures, again.reason.as_str()),
        (LetterState::Open, 2, "second")
    );
    assert_eq!((again.created_at, again.updated_at), (at(0), at(5)));
    resent.resent(1, at(2));
    let later = letter(&event(Some("second")), 5).recorded(Some(resent));
    assert_eq!(later, again);
    let mut quick = again.clone();
    quick.resent(1, at(6));
    assert_eq!(quick, again, "what was published has failed again by now");
    handle(&mut quick, LetterAction::Resend, at(7)).unwrap();
    quick.resent(1, at(8));
    assert!(quick.is_open(), "what is being published has not failed yet");
}

#[test]
fn a_letter_is_resent_or_dropped_once_and_the_first_wins() {
    let mut resent = letter(&event(None), 0);
    handle(&mut resent, LetterAction::Resend, at(1)).unwrap();
    assert!(resent.is_open(), "if it is interrupted it is still open");
    assert_eq!(handle(&mut resent, LetterAction::Drop, at(2)), Err(LetterRejection::Resent));
    handle(&mut resent, LetterAction::Resend, at(3)).unwrap();
    resent.resent(1, at(4));
    assert_eq!((resent.state, resent.updated_at), (LetterState::Resent, at(4)));
    handle(&mut resent, LetterAction::Resend, at(5)).unwrap();
    assert_eq!((resent.state, resent.updated_at), (LetterState::Resent, at(4)));
    assert_eq!(handle(&mut resent, LetterAction::Drop, at(6)), Err(LetterRejection::Resent));

    let mut dropped = letter(&event(None), 0);
    handle(&mut dropped, LetterAction::Drop, at(1)).unwrap();
    handle(&mut dropped, LetterAction::Drop, at(2)).unwrap();
    assert_eq!((dropped.state, dropped.updated_at), (LetterState::Dropped, at(1)));
    assert_eq!(handle(&mut dropped, LetterAction::Resend, at(3)), Err(LetterRejection::Dropped));
}

#[test]
fn what_is_not_an_event_can_only_be_dropped() {
    for message in [json!("text"), json!({"id": "1"}), json!(null)] {
        let mut letter = letter(&message, 0);
        assert_eq!(
            handle(&mut letter, LetterAction::Resend, at(1)),
            Err(LetterRejection::NotAnEvent)
        );
        assert_eq!(
            (letter.state, handle(&mut letter, LetterAction::Drop, at(1))),
            (LetterState::Open, Ok(()))
        );
    }
}

#[test]
fn a_letter_keeps_what_was_done_with_it_also_when_its_message_fails_again() {
    let mut resent = letter(&event(None), 0);
    for (action, second) in [(LetterAction::Resend, 1), (LetterAction::Drop, 2)] {
        _ = handle(&mut resent, action, at(second));
    }
    resent.resent(1, at(3));
    handle(&mut resent, LetterAction::Resend, at(100)).unwrap();
    let mut again = letter(&event(None), 5).recorded(Some(resent));
    handle(&mut again, LetterAction::Drop, at(200)).unwrap();
    let kept = [handling(LetterAction::Resend, at(1)), handling(LetterAction::Drop, at(200))];
    assert_eq!(again.handlings, kept);
}

#[test]
fn a_repeated_resend_is_kept_once_and_that_of_another_or_a_later_one_again() {
    let mut letter = letter(&event(None), 0);
    let resend = |name: &str, second| Handling {
        by: Some(name.parse().unwrap()),
        ..handling(LetterAction::Resend, at(second))
    };
    for (name, second) in [("sam", 1), ("sam", 60), ("eve", 60), ("sam", 61)] {
        letter.handle(resend(name, second)).unwrap();
    }
    assert_eq!(letter.handlings, [resend("sam", 1), resend("eve", 60), resend("sam", 61)]);
}

#[test]
fn a_letter_is_about_the_order_that_an_event_of_the_shop_names() {
    let about = |source: &str, subject: &str| {
        let mut event = event(None);
        (event["source"], event["subject"]) = (source.into(), subject.into());
        letter(&event, 0).order_id().map(|id| id.to_string())
    };
    assert_eq!(about("saga-shop", "889bc799"), Some("889bc799".to_owned()));
    assert_eq!((about("other", "889bc799"), about("saga-shop", "No id")), (None, None));
    assert_eq!(
        (letter(&event(None), 0).order_id(), letter(&json!("x"), 0).order_id()),
        (None, None)
    );
}

#[test]
fn a_place_is_read_as_it_was_written() {
    let place = LetterPosition { at: at(7), letter_id: letter(&event(None), 0).letter_id };
    assert_eq!(place.to_string().parse(), Ok(place));
    for text in ["", "1", "x.a", "01.a", "0.a", "10000000000000000000.a", "1.A", "-1.a", "1.a.b"] {
        assert_eq!(text.parse::<LetterPosition>(), Err(NotALetterPosition), "{text}");
    }
}
