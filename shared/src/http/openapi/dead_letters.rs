//! Operations at `/api/dead-letters`.

use super::operation::Operation;
use super::parts::{AFTER_LETTER, LIMIT};
use crate::domain::dead_letter::NewHandling;
use crate::http::Kind;
use crate::http::dead_letters::{DeadLetterPageView, DeadLetterView};
use axum::http::Method;
use serde_json::{Value, json};

const RESENT: &str = "the address is corrected";
const DROPPED: &str = "the customer was called";

pub(super) fn operations() -> Vec<Operation> {
    vec![list(), get(), resend(), drop()]
}

fn letter(status: &str) -> Value {
    json!({
        "letter_id": "3b1f5f0e-6f0a-5d4e-8c0b-0b9a4c1d2e7f", "function": "send-email", "topic": "notifications",
        "reason": "it cannot be mailed: 550 5.1.1 no such mailbox", "status": status, "failures": 1,
        "event_id": "6f0e4b0e-3a5b-5a0e-9a55-2b1f0c9d7e41.order.shipped.mail", "event_type": "notification.requested",
        "created_at": "2026-11-27T09:30:00Z", "updated_at": "2026-11-27T09:30:00Z"
    })
}

fn with_message(status: &str) -> Value {
    let mut letter = letter(status);
    letter["message"] = json!({"specversion": "1.0", "type": "notification.requested"});
    letter
}

fn handled(status: &str, action: &str, reason: &str) -> Value {
    let mut letter = with_message(status);
    letter["handlings"] =
        json!([{"action": action, "by": "sam", "reason": reason, "at": "2026-11-27T10:00:00Z"}]);
    letter
}

fn list() -> Operation {
    let example = json!({"dead_letters": [letter("open")], "next": AFTER_LETTER.example});
    Operation::new(Method::GET, "/api/dead-letters", "listDeadLetters", "Lists open dead letters")
        .says("Messages that a function gave up on, newest first: immediately if it cannot read them, otherwise after ten minutes of retries.")
        .takes(&[&AFTER_LETTER, &LIMIT])
        .answers::<DeadLetterPageView>(200, "A page, without the messages and what was done with them. It may have fewer letters than asked for, even none; where it has no `next`, the list ends.", example)
}

fn get() -> Operation {
    Operation::new(
        Method::GET,
        "/api/dead-letters/{letter_id}",
        "getDeadLetter",
        "Shows a dead letter with its message",
    )
    .answers::<DeadLetterView>(
        200,
        "The letter. Its message may contain personal data. `handlings` says what staff did with it, the latest 20.",
        with_message("open"),
    )
    .fails(&[Kind::UnknownDeadLetter])
}

fn resend() -> Operation {
    let path = "/api/dead-letters/{letter_id}/resend";
    Operation::new(Method::POST, path, "resendDeadLetter", "Publishes the message of a dead letter again")
        .says("To its topic, for all subscribers, which do nothing twice. If the function gives up on it again, the letter is listed again. Who requested it, when and why stays in the letter, and in the order that it is about. The same request within a minute is a repetition.")
        .reads::<NewHandling>(json!({"reason": RESENT}))
        .if_any()
        .answers::<DeadLetterView>(200, "It was resent, by this request or an earlier one.", handled("resent", "resend", RESENT))
        .fails(&[Kind::UnknownDeadLetter, Kind::DeadLetterDropped, Kind::NotAnEvent])
}

fn drop() -> Operation {
    let path = "/api/dead-letters/{letter_id}/drop";
    Operation::new(Method::POST, path, "dropDeadLetter", "Drops a dead letter, for good")
        .says("Who requested it, when and why stays in the letter, and in the order that it is about.")
        .reads::<NewHandling>(json!({"reason": DROPPED}))
        .if_any()
        .answers::<DeadLetterView>(
            200,
            "It was dropped, by this request or an earlier one.",
            handled("dropped", "drop", DROPPED),
        )
        .fails(&[Kind::UnknownDeadLetter, Kind::DeadLetterResent])
}
