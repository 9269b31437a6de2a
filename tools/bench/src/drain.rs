//! The end of what orders cause: until every message that they published has been handled.

use crate::BenchError;
use local::Cluster;
use local::manifest::all_subscriptions;
use local::streams::Streams;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the backlogs are read.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How often in a row they must be empty: a message that is being handled may cause another.
const EMPTY: usize = 3;

/// The longest that it may take.
const DEADLINE: Duration = Duration::from_mins(5);

/// What was left when a load ended, and how long it took.
#[derive(Debug, Clone, Copy)]
pub struct Drain {
    /// The messages that were not yet handled; of each order come ten.
    pub messages: usize,
    /// The time until there were none.
    pub took: Duration,
}

/// Waits until no message waits in `cluster`, mails included, and deletes those that were handled, as
/// `./makew start` does.
///
/// # Errors
/// When messages are still waiting after some minutes.
pub async fn drained(cluster: &Cluster) -> Result<Drain, BenchError> {
    let subscriptions = all_subscriptions(cluster.functions());
    let streams = Streams::open(cluster.redis_port()).await?;
    let (began, mut first, mut empty) = (Instant::now(), None, 0);
    let mut since = began;
    let mut polls = interval(POLL_INTERVAL);
    polls.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while empty < EMPTY {
        polls.tick().await;
        let backlogs = streams.backlogs(&subscriptions).await?;
        let waiting: usize = backlogs.iter().map(|(_, count)| count).sum();
        let messages = *first.get_or_insert(waiting);
        if waiting > 0 {
            (since, empty) = (Instant::now(), 0);
        } else {
            empty += 1;
        }
        if began.elapsed() > DEADLINE {
            let what = format!("the handling of {messages} messages, {waiting} of which wait");
            return Err(BenchError::Late { what, seconds: DEADLINE.as_secs() });
        }
    }
    streams.trim(&subscriptions).await?;
    Ok(Drain { messages: first.unwrap_or_default(), took: since - began })
}
