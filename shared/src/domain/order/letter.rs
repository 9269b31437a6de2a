//! Dead letters about an order that staff resent or dropped.

use super::Order;
use crate::domain::LetterId;
use crate::domain::dead_letter::{DeadLetter, Handling};
use crate::domain::record::{self, Entry};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most characters of an event's type that are kept: a message that is poison may name any.
const MAX_TYPE: usize = 100;

/// That staff resent or dropped a dead letter about an order, as the order's document keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HandledLetter {
    /// The letter.
    pub letter_id: LetterId,
    /// The type of its event, such as `notification.requested`.
    pub event_type: String,
    /// The function that gave up on it.
    pub function: String,
    /// What was done, by whom, why and when.
    #[serde(flatten)]
    pub handling: Handling,
}

impl HandledLetter {
    /// What was done with `letter` last, if anything was.
    #[must_use]
    pub fn last(letter: &DeadLetter) -> Option<Self> {
        let event_type = letter.message["type"].as_str().unwrap_or_default();
        Some(Self {
            letter_id: letter.letter_id.clone(),
            event_type: event_type.chars().take(MAX_TYPE).collect(),
            function: letter.subscription.function.clone(),
            handling: letter.handlings.last()?.clone(),
        })
    }
}

impl Entry for HandledLetter {
    fn at(&self) -> Timestamp {
        self.handling.at
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.letter_id == other.letter_id && self.handling.says_the_same(&other.handling)
    }
}

impl Order {
    /// Notes that staff handled a dead letter about it, without the reason once its customer has been erased.
    /// Repeated, it changes nothing.
    pub fn note_letter(&mut self, mut handled: HandledLetter) {
        if self.placed.order.is_erased() {
            handled.handling.reason = None;
        }
        record::keep(&mut self.handled_letters, handled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dead_letter::{LetterAction, Subscription};
    use crate::domain::order::Progress;
    use crate::domain::saga::Outcome;
    use crate::testing::orders::{at, placed_order};
    use serde_json::json;

    fn dropped(id: &str, kind: &str) -> DeadLetter {
        let of = Subscription { topic: "orders".to_owned(), function: "notify-order".to_owned() };
        let event = json!({"specversion": "1.0", "id": id, "type": kind});
        let mut letter = DeadLetter::new(of, event.to_string().as_bytes(), at(0));
        assert_eq!(HandledLetter::last(&letter), None);
        let reason = Some("obsolete".to_owned().try_into().unwrap());
        let action = LetterAction::Drop;
        letter.handle(Handling { action, by: None, reason, at: at(1) }).unwrap();
        letter
    }

    #[test]
    fn each_letter_that_was_handled_is_noted_once_also_after_the_order_has_ended() {
        let mut order = Order::new(placed_order());
        order.note(&Progress::Ended(Outcome::Fulfilled), at(0));
        for id in ["1", "2", "1"] {
            order.note_letter(HandledLetter::last(&dropped(id, "order.exploded")).unwrap());
        }
        let noted: Vec<_> = order.handled_letters.iter().map(|it| &it.letter_id).collect();
        let letters = ["1", "2"].map(|id| dropped(id, "order.exploded").letter_id);
        assert_eq!(noted, letters.iter().collect::<Vec<_>>());
        let expected = json!({
            "letter_id": letters[0], "event_type": "order.exploded", "function": "notify-order",
            "action": "drop", "reason": "obsolete", "at": "2027-01-15T08:00:01Z"
        });
        assert_eq!(json!(order.handled_letters[0]), expected);
    }

    #[test]
    fn the_reasons_leave_with_the_customer_and_a_type_is_bounded() {
        let mut order = Order::new(placed_order());
        order.note_letter(HandledLetter::last(&dropped("1", &"x".repeat(5_000))).unwrap());
        assert_eq!(order.handled_letters[0].event_type.len(), MAX_TYPE);
        order.note(&Progress::Ended(Outcome::Fulfilled), at(2));
        assert!(order.erase_customer());
        assert_eq!(order.handled_letters[0].handling.reason, None);
    }
}
