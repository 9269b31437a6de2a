//! The streams of messages in Redis: how many wait, and which are needed no longer.

use crate::LocalError;
use crate::manifest::Subscription;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamInfoGroupsReply, StreamPendingReply, StreamRangeReply};
use redis::{AsyncCommands, RedisError};
use std::collections::BTreeSet;
use std::fmt;

/// The most messages of a function that are counted where Redis does not count them.
const MAX_COUNTED: usize = 1000;

/// The streams of a Redis.
pub struct Streams(MultiplexedConnection);

impl Streams {
    /// The streams in the Redis at `port`.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn open(port: u16) -> Result<Self, LocalError> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).map_err(failed)?;
        Ok(Self(client.get_multiplexed_async_connection().await.map_err(failed)?))
    }

    /// The functions with unacknowledged messages, and how many.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn backlogs(
        &self,
        subscriptions: &[Subscription],
    ) -> Result<Vec<(String, usize)>, LocalError> {
        let mut backlogs = Vec::new();
        for subscription in subscriptions {
            let waiting = self.waiting(subscription).await?;
            backlogs.extend(waiting.map(|count| (subscription.function.clone(), count)));
        }
        Ok(backlogs)
    }

    /// The number of messages of its topic that a function has not acknowledged, delivered or not. None when
    /// there are none.
    async fn waiting(&self, of: &Subscription) -> Result<Option<usize>, LocalError> {
        let mut redis = self.0.clone();
        let exists: bool = redis.exists(&of.topic).await.map_err(failed)?;
        if !exists {
            return Ok(None);
        }
        let found: StreamInfoGroupsReply = redis.xinfo_groups(&of.topic).await.map_err(failed)?;
        // Dapr names the group after the app.
        let group = found.groups.into_iter().find(|group| group.name == of.function);
        let Some(group) = group else { return Ok(None) };
        let undelivered = match group.lag {
            Some(lag) => lag,
            None => self.after(&of.topic, &group.last_delivered_id).await?,
        };
        Ok(Some(group.pending + undelivered).filter(|count| *count > 0))
    }

    /// The number of entries of a stream after this one, at most [`MAX_COUNTED`]: Redis does not always know a
    /// group's lag.
    async fn after(&self, stream: &str, entry: &str) -> Result<usize, LocalError> {
        let after = format!("({entry}");
        let found: StreamRangeReply =
            self.0.clone().xrange_count(stream, after, "+", MAX_COUNTED).await.map_err(failed)?;
        Ok(found.ids.len())
    }

    /// Deletes the entries that every subscriber of their topic has acknowledged. Dapr trims a stream by age or
    /// by length alone, read or not.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn trim(&self, subscriptions: &[Subscription]) -> Result<(), LocalError> {
        let topics: BTreeSet<_> = subscriptions.iter().map(|it| it.topic.as_str()).collect();
        for topic in topics {
            let subscribers = subscriptions.iter().filter(|it| it.topic == topic);
            if let Some(oldest) = self.oldest_unread(topic, subscribers).await? {
                let trim =
                    redis::cmd("XTRIM").arg(topic).arg("MINID").arg(oldest.to_string()).take();
                let _: usize = trim.query_async(&mut self.0.clone()).await.map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The oldest entry of `topic` that a subscriber may still need. None where one has never read, and
    /// needs everything.
    async fn oldest_unread(
        &self,
        topic: &str,
        subscribers: impl Iterator<Item = &Subscription>,
    ) -> Result<Option<EntryId>, LocalError> {
        let mut redis = self.0.clone();
        let exists: bool = redis.exists(topic).await.map_err(failed)?;
        if !exists {
            return Ok(None);
        }
        let found: StreamInfoGroupsReply = redis.xinfo_groups(topic).await.map_err(failed)?;
        let mut oldest = None;
        for subscriber in subscribers {
            let group = found.groups.iter().find(|group| group.name == subscriber.function);
            let Some(group) = group else { return Ok(None) };
            let pending: StreamPendingReply =
                redis.xpending(topic, &group.name).await.map_err(failed)?;
            let needed = if let StreamPendingReply::Data(pending) = pending {
                EntryId::read(&pending.start_id)
            } else {
                EntryId::read(&group.last_delivered_id)
            };
            let Some(needed) = needed else { return Ok(None) };
            oldest = Some(oldest.map_or(needed, |other: EntryId| other.min(needed)));
        }
        Ok(oldest)
    }
}

/// The id of an entry: Unix time in milliseconds, and a number within that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct EntryId(u64, u64);

impl EntryId {
    fn read(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        Some(Self(time.parse().ok()?, number.parse().ok()?))
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

fn failed(source: RedisError) -> LocalError {
    LocalError::Redis { source: Box::new(source) }
}
