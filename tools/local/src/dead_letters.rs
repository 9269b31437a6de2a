//! Dead letters: messages that a function could not handle. They are stored in a Redis stream or a Service
//! Bus topic of their own until they are resent or dropped.

pub mod bus;
mod streams;

use crate::LocalError;
use crate::manifest::Function;
use bus::{Bus, Lock};
use futures::future::join_all;
use serde_json::Value;
use streams::Streams;

/// The most letters of a subscription that are listed at once.
pub const MAX_LETTERS: usize = 1000;

/// The `CloudEvents` extension with the reason why a function could not handle a message.
const REASON: &str = "deadletterreason";

/// A message that a function could not handle.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// The function, a slash, and the letter's number in its subscription.
    pub id: String,
    /// The topic that the message was published to.
    pub topic: String,
    /// The message, as a `CloudEvent`; a string when it is not JSON.
    pub event: Value,
    place: Place,
}

/// The position of a letter in the broker.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Entry { stream: String, entry: String },
    Locked(Lock),
}

impl DeadLetter {
    /// Why the message was not handled.
    #[must_use]
    pub fn reason(&self) -> &str {
        // Dapr itself drops messages that are not events.
        let reason_of_dapr = if self.event.is_object() {
            "its retries are exhausted"
        } else {
            "it is not a CloudEvent"
        };
        self.event[REASON].as_str().unwrap_or(reason_of_dapr)
    }

    /// The message as it was published.
    fn message(&self) -> String {
        let mut event = self.event.clone();
        if let Some(envelope) = event.as_object_mut() {
            envelope.remove(REASON);
        }
        event.as_str().map_or_else(|| event.to_string(), str::to_owned)
    }
}

/// The dead letters of all subscriptions.
#[derive(Debug, Default)]
pub struct Listing {
    /// The letters: oldest first in each subscription, at most [`MAX_LETTERS`] of each.
    pub letters: Vec<DeadLetter>,
    /// The functions that have more letters.
    pub more: Vec<String>,
    /// The functions whose subscriptions the broker does not have.
    pub unknown: Vec<String>,
    /// Functions, each with its number of waiting and unacknowledged messages, if there are any. Only for
    /// Redis.
    pub waiting: Vec<(String, usize)>,
}

/// The subscription of a function to a topic.
#[derive(Debug, Clone)]
struct Subscription {
    topic: String,
    function: String,
}

impl Subscription {
    /// The stream or topic of its dead letters.
    fn dead(&self) -> String {
        format!("{}-{}-dead", self.topic, self.function)
    }

    fn of(function: &Function) -> Option<Self> {
        Some(Self { topic: function.manifest.topic.clone()?, function: function.name.clone() })
    }
}

/// The dead letters of a shop.
pub struct DeadLetters {
    broker: Broker,
    subscriptions: Vec<Subscription>,
}

enum Broker {
    Redis(Streams),
    Bus(Bus),
}

impl DeadLetters {
    /// The dead letters of `functions` in the Redis at `port`.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn open(port: u16, functions: &[Function]) -> Result<Self, LocalError> {
        Ok(Self::of(Broker::Redis(Streams::open(port).await?), functions))
    }

    /// The dead letters of `functions` on Service Bus.
    #[must_use]
    pub fn on(bus: Bus, functions: &[Function]) -> Self {
        Self::of(Broker::Bus(bus), functions)
    }

    fn of(broker: Broker, functions: &[Function]) -> Self {
        Self { broker, subscriptions: functions.iter().filter_map(Subscription::of).collect() }
    }

    /// Every letter. Service Bus locks them for the caller, for five minutes or until they are
    /// [released](Self::release).
    ///
    /// # Errors
    /// When the broker does not respond, or rejects the caller.
    pub async fn list(&self) -> Result<Listing, LocalError> {
        match &self.broker {
            Broker::Redis(streams) => streams.list(&self.subscriptions).await,
            Broker::Bus(bus) => Ok(bus.list(&self.subscriptions).await?),
        }
    }

    /// The functions with unacknowledged messages, and how many. Empty on Service Bus, which Azure Monitor
    /// measures.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn backlogs(&self) -> Result<Vec<(String, usize)>, LocalError> {
        match &self.broker {
            Broker::Redis(streams) => streams.backlogs(&self.subscriptions).await,
            Broker::Bus(_) => Ok(Vec::new()),
        }
    }

    /// Deletes the messages that every subscriber has handled, which Redis would store forever. Service Bus
    /// does so by itself.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn trim(&self) -> Result<(), LocalError> {
        match &self.broker {
            Broker::Redis(streams) => streams.trim(&self.subscriptions).await,
            Broker::Bus(_) => Ok(()),
        }
    }

    /// Publishes a letter's message to its topic again, for all subscribers, and deletes the letter.
    ///
    /// # Errors
    /// When the broker does not respond, or the lock on the letter is lost. The message may have been sent,
    /// which is harmless.
    pub async fn resend(&self, letter: &DeadLetter) -> Result<(), LocalError> {
        match (&self.broker, &letter.place) {
            (Broker::Redis(streams), Place::Entry { stream, entry }) => {
                streams.publish(&letter.topic, letter.message()).await?;
                streams.remove(stream, entry).await
            }
            (Broker::Bus(bus), Place::Locked(lock)) => Ok(bus.resend(letter, lock).await?),
            _ => unreachable!("a letter belongs to the broker that listed it"),
        }
    }

    /// Deletes a letter.
    ///
    /// # Errors
    /// When the broker does not respond, or the lock on the letter is lost.
    pub async fn drop(&self, letter: &DeadLetter) -> Result<(), LocalError> {
        match (&self.broker, &letter.place) {
            (Broker::Redis(streams), Place::Entry { stream, entry }) => {
                streams.remove(stream, entry).await
            }
            (Broker::Bus(bus), Place::Locked(lock)) => Ok(bus.complete(lock).await?),
            _ => unreachable!("a letter belongs to the broker that listed it"),
        }
    }

    /// Unlocks letters for others. Where that fails, the lock expires after five minutes.
    pub async fn release(&self, letters: &[DeadLetter]) {
        let Broker::Bus(bus) = &self.broker else { return };
        for some in letters.chunks(16) {
            join_all(some.iter().map(async |letter| {
                if let Place::Locked(lock) = &letter.place {
                    bus.unlock(lock).await;
                }
            }))
            .await;
        }
    }
}

fn read(data: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(data).into_owned());
    serde_json::from_slice(data).unwrap_or_else(|_| text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn letter(event: Value) -> DeadLetter {
        let place = Place::Entry { stream: String::new(), entry: String::new() };
        DeadLetter { id: "a/1".to_owned(), topic: "orders".to_owned(), event, place }
    }

    #[test]
    fn a_letter_is_resent_without_its_reason() {
        let letter = letter(json!({"id": "1", "deadletterreason": "it is invalid"}));
        assert_eq!(letter.reason(), "it is invalid");
        assert_eq!(letter.message(), r#"{"id":"1"}"#);
    }

    #[test]
    fn a_message_that_is_not_an_event_is_resent_unchanged() {
        let letter = letter(read(b"not an event"));
        assert_eq!(letter.reason(), "it is not a CloudEvent");
        assert_eq!(letter.message(), "not an event");
    }
}
