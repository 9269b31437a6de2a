//! Dead letters: messages that a function could not deal with. They stay in a stream beside their
//! topic until somebody sends them again.

use crate::LocalError;
use crate::manifest::Function;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamRangeReply;
use redis::{AsyncCommands, RedisError};
use serde_json::Value;

/// The most letters of one subscription that are listed at once.
pub const MOST: usize = 1000;

/// The envelope's extension that says why a function gave a message up.
const REASON: &str = "deadletterreason";

/// A message that a function could not deal with.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Names the letter: the function, a slash, and its place in the stream.
    pub id: String,
    /// Where the message was published.
    pub topic: String,
    /// The message, as a `CloudEvent`.
    pub event: Value,
    stream: String,
    entry: String,
}

impl DeadLetter {
    /// Why it is here.
    #[must_use]
    pub fn reason(&self) -> &str {
        // What is no event at all, Dapr gives up by itself.
        let given_up_by_dapr = if self.event.is_object() {
            "it was tried to the end of its retries"
        } else {
            "it is no CloudEvent"
        };
        self.event[REASON].as_str().unwrap_or(given_up_by_dapr)
    }
}

/// The dead letters of a shop.
pub struct DeadLetters {
    redis: MultiplexedConnection,
    subscriptions: Vec<(String, String)>,
}

impl DeadLetters {
    /// The dead letters of `functions` in the Redis at `port`.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn open(port: u16, functions: &[Function]) -> Result<Self, LocalError> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).map_err(failed)?;
        let redis = client.get_multiplexed_async_connection().await.map_err(failed)?;
        let subscription =
            |function: &Function| Some((function.manifest.topic.clone()?, function.name.clone()));
        Ok(Self { redis, subscriptions: functions.iter().filter_map(subscription).collect() })
    }

    /// Every letter, oldest first in each subscription, at most [`MOST`] of each.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn list(&self) -> Result<Vec<DeadLetter>, LocalError> {
        let mut letters = Vec::new();
        for (topic, function) in &self.subscriptions {
            let stream = format!("{topic}-{function}-dead");
            let found: StreamRangeReply =
                self.redis.clone().xrange_count(&stream, "-", "+", MOST).await.map_err(failed)?;
            letters.extend(found.ids.into_iter().map(|entry| DeadLetter {
                id: format!("{function}/{}", entry.id),
                topic: topic.clone(),
                event: entry.get::<Vec<u8>>("data").map_or(Value::Null, |data| read(&data)),
                stream: stream.clone(),
                entry: entry.id,
            }));
        }
        Ok(letters)
    }

    /// Publishes a letter's message again under its topic, for every subscriber of it, and takes the
    /// letter away.
    ///
    /// # Errors
    /// When Redis does not answer; the letter may have been sent, which does no harm.
    pub async fn resend(&self, letter: &DeadLetter) -> Result<(), LocalError> {
        let mut event = letter.event.clone();
        if let Some(envelope) = event.as_object_mut() {
            envelope.remove(REASON);
        }
        let mut redis = self.redis.clone();
        let data = [("data", event.to_string())];
        let _: Option<String> = redis.xadd(&letter.topic, "*", &data).await.map_err(failed)?;
        let _: usize = redis.xdel(&letter.stream, &[&letter.entry]).await.map_err(failed)?;
        Ok(())
    }
}

fn read(data: &[u8]) -> Value {
    let text = || Value::String(String::from_utf8_lossy(data).into_owned());
    serde_json::from_slice(data).unwrap_or_else(|_| text())
}

fn failed(source: RedisError) -> LocalError {
    LocalError::Redis { source: Box::new(source) }
}
