//! Dead letters: messages that a function could not handle. They stay beside their topic, in a
//! stream of Redis or a topic of Service Bus, until they are sent again or dropped.

pub mod bus;
mod streams;

use crate::LocalError;
use crate::manifest::Function;
use bus::{Bus, Lock};
use futures::future::join_all;
use serde_json::Value;
use streams::Streams;

/// The most letters of one subscription that are listed at once.
pub const MOST: usize = 1000;

/// The envelope's extension that says why a function gave a message up.
const REASON: &str = "deadletterreason";

/// A message that a function could not deal with.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Names the letter: the function, a slash, and its number there.
    pub id: String,
    /// Where the message was published.
    pub topic: String,
    /// The message, as a `CloudEvent`; as text, when it is no JSON.
    pub event: Value,
    place: Place,
}

/// Where the broker has a letter.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Entry { stream: String, entry: String },
    Locked(Lock),
}

impl DeadLetter {
    /// Why it is here.
    #[must_use]
    pub fn reason(&self) -> &str {
        // Dapr itself drops what is not an event at all.
        let given_up_by_dapr = if self.event.is_object() {
            "it was tried to the end of its retries"
        } else {
            "it is no CloudEvent"
        };
        self.event[REASON].as_str().unwrap_or(given_up_by_dapr)
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

/// What there is of dead letters.
#[derive(Debug, Default)]
pub struct Listing {
    /// The letters: oldest first in each subscription, at most [`MOST`] of each.
    pub letters: Vec<DeadLetter>,
    /// The functions that have more of them.
    pub more: Vec<String>,
    /// The functions for which the broker keeps none, as it does not know them.
    pub unknown: Vec<String>,
    /// Functions with how many messages wait for them or are being taken, where there are any: Redis
    /// alone says so.
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
    /// When Redis does not answer.
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

    /// Every letter. Service Bus keeps them for the caller alone, for five minutes or until they are
    /// [released](Self::release).
    ///
    /// # Errors
    /// When the broker does not answer, or not this caller.
    pub async fn list(&self) -> Result<Listing, LocalError> {
        match &self.broker {
            Broker::Redis(streams) => streams.list(&self.subscriptions).await,
            Broker::Bus(bus) => Ok(bus.list(&self.subscriptions).await?),
        }
    }

    /// Functions with how many messages wait for them or are being taken, where there are any. Service
    /// Bus says none: Azure measures them.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn backlogs(&self) -> Result<Vec<(String, usize)>, LocalError> {
        match &self.broker {
            Broker::Redis(streams) => streams.backlogs(&self.subscriptions).await,
            Broker::Bus(_) => Ok(Vec::new()),
        }
    }

    /// Publishes a letter's message again under its topic, for every subscriber of it, and takes the
    /// letter away.
    ///
    /// # Errors
    /// When the broker does not answer, or the letter is no longer this caller's; the message may
    /// have been sent, which does no harm.
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

    /// Takes a letter away for good.
    ///
    /// # Errors
    /// When the broker does not answer, or the letter is no longer this caller's.
    pub async fn drop(&self, letter: &DeadLetter) -> Result<(), LocalError> {
        match (&self.broker, &letter.place) {
            (Broker::Redis(streams), Place::Entry { stream, entry }) => {
                streams.remove(stream, entry).await
            }
            (Broker::Bus(bus), Place::Locked(lock)) => Ok(bus.complete(lock).await?),
            _ => unreachable!("a letter belongs to the broker that listed it"),
        }
    }

    /// Leaves letters to others again. One that cannot be left is theirs once its five minutes are
    /// over.
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
    fn a_letter_is_sent_again_without_its_reason() {
        let letter = letter(json!({"id": "1", "deadletterreason": "it is odd"}));
        assert_eq!(letter.reason(), "it is odd");
        assert_eq!(letter.message(), r#"{"id":"1"}"#);
    }

    #[test]
    fn what_is_no_event_is_sent_again_as_it_came() {
        let letter = letter(read(b"no event"));
        assert_eq!(letter.reason(), "it is no CloudEvent");
        assert_eq!(letter.message(), "no event");
    }
}
