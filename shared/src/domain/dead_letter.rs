//! Dead letters: messages that a function gave up on. Each is kept until it is resent or dropped.

mod handling;

pub use handling::{Handling, LetterAction, NewHandling};

use super::{LetterId, OrderId, event, record};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// The attribute of an event's envelope with the reason why a function gave up on it
/// ([extension](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#extension-context-attributes)).
pub const REASON: &str = "deadletterreason";

/// The most characters of a reason that are kept.
const MAX_REASON: usize = 1_000;

/// A function's subscription to a topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The topic.
    pub topic: String,
    /// The function.
    pub function: String,
}

impl Subscription {
    /// The topic of its dead letters.
    #[must_use]
    pub fn dead_letter_topic(&self) -> String {
        format!("{}-{}-dead", self.topic, self.function)
    }
}

/// What became of a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LetterState {
    /// Nobody has handled it.
    Open,
    /// Its message is being published again; if that was interrupted, it can be resent again.
    Resending,
    /// Its message was published again.
    Resent,
    /// It is not needed any more.
    Dropped,
}

/// A message that a function gave up on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its id: one for each function and event.
    pub letter_id: LetterId,
    /// Who gave it up, and where the message came from.
    pub subscription: Subscription,
    /// Why.
    pub reason: String,
    /// The message: a `CloudEvent`; another JSON value or a text, where it is none.
    pub message: Value,
    /// What became of it.
    pub state: LetterState,
    /// How often the function gave up on it.
    pub failures: u32,
    /// When it was given up first.
    pub created_at: Timestamp,
    /// When it was given up last.
    pub failed_at: Timestamp,
    /// When it was given up, resent or dropped last.
    pub updated_at: Timestamp,
    /// What staff did with it, oldest first; the latest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handlings: Vec<Handling>,
}

/// Why a letter is not resent or dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetterRejection {
    /// It was dropped.
    #[error("it was dropped")]
    Dropped,
    /// It was resent, or is being resent.
    #[error("it was resent")]
    Resent,
    /// Its message is not an event, so no function can handle it.
    #[error("its message is not a CloudEvent, which no function can handle: drop it")]
    NotAnEvent,
}

impl DeadLetter {
    /// How long it is kept after it was given up, resent or dropped last: 90 days.
    pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

    /// The letter of a `message` that a function gave up on at `now`.
    #[must_use]
    pub fn new(subscription: Subscription, message: &[u8], now: Timestamp) -> Self {
        let text = || Value::String(String::from_utf8_lossy(message).into_owned());
        let mut message = serde_json::from_slice(message).unwrap_or_else(|_| text());
        let given = message.as_object_mut().and_then(|envelope| envelope.remove(REASON));
        let given = given.as_ref().and_then(Value::as_str);
        // The sidecar gives none: it gives up on what is no event, and after the retries.
        let reason = given.unwrap_or(if is_event(&message) {
            "its retries are exhausted"
        } else {
            "it is not a CloudEvent"
        });
        Self {
            letter_id: id(&subscription.function, &message),
            reason: reason.chars().take(MAX_REASON).collect(),
            subscription,
            message,
            state: LetterState::Open,
            failures: 1,
            created_at: now,
            failed_at: now,
            updated_at: now,
            handlings: Vec::new(),
        }
    }

    /// The letter after the function gave up on its message, once more if one is `known`. A letter that is open
    /// or was dropped stays as it is: brokers deliver more than once.
    #[must_use]
    pub fn recorded(self, known: Option<Self>) -> Self {
        let Some(known) = known else { return self };
        match known.state {
            LetterState::Open | LetterState::Dropped => known,
            LetterState::Resending | LetterState::Resent => Self {
                failures: known.failures.saturating_add(1),
                created_at: known.created_at,
                handlings: known.handlings,
                ..self
            },
        }
    }

    /// Whether it is open: neither resent nor dropped.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, LetterState::Open | LetterState::Resending)
    }

    /// The order that its event is about, if it is an event of the shop about one.
    #[must_use]
    pub fn order_id(&self) -> Option<OrderId> {
        let subject = self.message["subject"].as_str()?;
        if self.message["source"] == event::SOURCE { subject.parse().ok() } else { None }
    }

    /// Begins to resend it, or drops it for good, as `handling` says, and notes that. One that was handled so stays as
    /// it is.
    ///
    /// # Errors
    /// When it was handled otherwise, or is to be resent and not an event.
    pub fn handle(&mut self, handling: Handling) -> Result<(), LetterRejection> {
        let state = match (handling.action, self.state) {
            (LetterAction::Resend, LetterState::Dropped) => return Err(LetterRejection::Dropped),
            (LetterAction::Drop, LetterState::Resending | LetterState::Resent) => {
                return Err(LetterRejection::Resent);
            }
            (LetterAction::Resend, LetterState::Resent)
            | (LetterAction::Drop, LetterState::Dropped) => return Ok(()),
            (LetterAction::Resend, _) if !is_event(&self.message) => {
                return Err(LetterRejection::NotAnEvent);
            }
            (LetterAction::Resend, _) => LetterState::Resending,
            (LetterAction::Drop, LetterState::Open) => LetterState::Dropped,
        };
        (self.state, self.updated_at) = (state, handling.at);
        record::keep(&mut self.handlings, handling);
        Ok(())
    }

    /// Notes that the message was published after its `failures`th failure, unless the function has given up on it
    /// again since.
    pub fn resent(&mut self, failures: u32, now: Timestamp) {
        if self.state == LetterState::Resending && self.failures == failures {
            (self.state, self.updated_at) = (LetterState::Resent, now);
        }
    }
}

/// Whether daprd hands `message` to a function: it is an object, as a `CloudEvent` is.
fn is_event(message: &Value) -> bool {
    message["specversion"].is_string() && message["id"].is_string()
}

/// The id of the letter: of one function, an event, which its source and its id name, has one letter.
fn id(function: &str, message: &Value) -> LetterId {
    let name = if is_event(message) {
        format!("{function}\n{}\n{}", message["source"], message["id"])
    } else {
        format!("{function}\n\n{message}")
    };
    LetterId::of(&name)
}

/// A place in the list of dead letters: behind the letter `letter_id` of the time `at`, newest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LetterPosition {
    /// When the letter was given up last.
    pub at: Timestamp,
    /// The letter.
    pub letter_id: LetterId,
}

impl LetterPosition {
    /// Positions are before this number of nanoseconds, so that they have at most 19 digits.
    const END: u64 = 10_u64.pow(19);
}

impl fmt::Display for LetterPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_nanosecond(), self.letter_id)
    }
}

/// A text that names no place in the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be the `next` of a page")]
pub struct NotALetterPosition;

impl FromStr for LetterPosition {
    type Err = NotALetterPosition;

    fn from_str(text: &str) -> Result<Self, NotALetterPosition> {
        let (nanos, letter_id) = text.split_once('.').ok_or(NotALetterPosition)?;
        let nanos: u64 = nanos.parse().map_err(|_| NotALetterPosition)?;
        let at = Timestamp::from_nanosecond(nanos.into()).map_err(|_| NotALetterPosition)?;
        let letter_id = letter_id.parse().map_err(|_| NotALetterPosition)?;
        let position = Self { at, letter_id };
        let is_canonical = (1..Self::END).contains(&nanos) && position.to_string() == text;
        is_canonical.then_some(position).ok_or(NotALetterPosition)
    }
}

#[cfg(test)]
mod tests;
