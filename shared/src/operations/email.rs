//! Mails: the text of a notification, and sending it once.
//!
//! A notification is claimed in the inbox before it is mailed, so that one of any number of processes
//! mails it. What cannot be mailed now is published again later, and delays no other meanwhile.

mod entry;
mod page;
mod under_way;

pub use entry::Entry;
pub use page::price;

use self::entry::{Claimed, Failed};
use self::under_way::UnderWay;
use crate::domain::event::{CloudEvent, NotificationRequested, Poison, Topic};
use crate::observe;
use crate::ports::{Chain, Clock, Delivered, Documents, Error, Failure, Later, Mailer, Result};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{interval, timeout};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};
use uuid::Uuid;

/// The longest that a mail waits for another one of this process.
const TURN: Duration = Duration::from_secs(5);

/// How often a claim is extended while its mail is being sent: well within its lease.
const CLAIM_RENEWAL: Duration = Duration::from_secs(10);

/// The delays between attempts at a mail: 5 s, then twice as long each time, up to a quarter of an hour.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_mins(15);

/// How many times, once a second, recording a sent mail is tried.
const REMEMBERED_WITHIN: u32 = 300;

/// Nothing more to do, or why the message is a dead letter.
type Handled = std::result::Result<(), Poison>;

/// Mails notifications, one at a time.
#[derive(Debug, Clone)]
pub struct NotificationMailer<I, M, L, C> {
    inbox: I,
    mailer: M,
    later: L,
    clock: C,
    tasks: TaskTracker,
    under_way: UnderWay,
    /// The SMTP binding mixes up concurrent requests.
    turn: Arc<Mutex<()>>,
}

impl<I, M, L, C> NotificationMailer<I, M, L, C>
where
    I: Documents<String, Entry>,
    M: Mailer,
    L: Later,
    C: Clock,
{
    /// A mailer that records in `inbox` what it mailed. What cannot be mailed now is delivered again
    /// by `later`.
    pub fn new(inbox: I, mailer: M, later: L, clock: C) -> Self {
        let (tasks, under_way, turn) = Default::default();
        Self { inbox, mailer, later, clock, tasks, under_way, turn }
    }

    /// The mails being sent. A process waits for them before it ends.
    #[must_use]
    pub fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    /// Mails what `event` requests, unless it was mailed before, or has it delivered again. Only a
    /// crash between sending and recording mails it twice: at most one mail of a process.
    ///
    /// # Errors
    /// [`Poison`], when it can never be mailed. Failed: when the inbox or the scheduler fails.
    pub async fn deliver(&self, event: CloudEvent) -> Result<Handled> {
        let request = match event.data::<NotificationRequested>() {
            Ok(Some(request)) => request,
            Ok(None) => return Ok(Err(event.unknown())),
            Err(poison) => return Ok(Err(poison)),
        };
        let mailer = self.clone();
        // A caller that gives up must not interrupt a mail that may be half sent.
        let handling = async move { mailer.handle(&event, &request).await };
        let handling = self.tasks.spawn(handling.instrument(Span::current()));
        handling.await.map_err(|panic| Failure::new("email", "mail a notification", panic))?
    }

    async fn handle(&self, event: &CloudEvent, request: &NotificationRequested) -> Result<Handled> {
        let (id, by) = (key(&event.id), Uuid::now_v7());
        let Some(_begun) = self.under_way.begin(&id) else {
            return self.again(event, 0, Entry::LEASE.unsigned_abs()).await;
        };
        match self.claim(&id, by).await? {
            Claimed::Mailed => Ok(Ok(())),
            Claimed::Elsewhere { until } => {
                // The process that mails it may die: then its lease ends, and this message is
                // delivered again.
                self.again(event, 0, wait_until(until, self.clock.now())).await
            }
            Claimed::Granted => match self.send(&id, by, request).await {
                Ok(Delivered::Accepted) => Ok(Ok(())),
                Ok(Delivered::Rejected(reason)) => {
                    self.note(&id, |entry, _| entry.rejected(by)).await?;
                    Ok(Err(Poison::Undeliverable(reason)))
                }
                Err(error) => self.failed(event, &id, by, &error).await,
            },
        }
    }

    /// Sends the mail in its turn and records that before the next one's turn, so that a crash
    /// repeats at most one mail of this process. Extends the claim meanwhile.
    async fn send(
        &self,
        id: &String,
        by: Uuid,
        request: &NotificationRequested,
    ) -> Result<Delivered> {
        if !request.to.is_one_mailbox() {
            return Ok(Delivered::Rejected("its recipient is not a single address".to_owned()));
        }
        let mail = page::mail(request)?;
        let sending = async {
            let turn = timeout(TURN, self.turn.lock()).await;
            let too_long = |_| Failure::new("email", "take its turn", "other mails take too long");
            let _turn = turn.map_err(too_long)?;
            let sent = self.mailer.send(&mail).await?;
            if sent == Delivered::Accepted {
                self.remember(id).await?;
            }
            Ok(sent)
        };
        let mut sending = std::pin::pin!(sending);
        let mut renewal = interval(CLAIM_RENEWAL);
        renewal.reset();
        loop {
            tokio::select! {
                sent = &mut sending => return sent,
                _ = renewal.tick() => {
                    if let Err(error) = self.note(id, |entry, now| entry.claim(by, now)).await {
                        tracing::warn!(event.id = id, error = %Chain(&error), "the claim on mail {id} could not be extended");
                    }
                }
            }
        }
    }

    /// Records that the mail was sent. It would be sent again otherwise, so this is retried for minutes.
    async fn remember(&self, id: &String) -> Result<()> {
        observe::mailed();
        let mut tries = interval(Duration::from_secs(1));
        for _ in 0..REMEMBERED_WITHIN {
            tries.tick().await;
            match self.note(id, Entry::mailed).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(event.id = id, error = %Chain(&error), "mail {id} was sent, which could not be recorded yet");
                }
            }
        }
        self.note(id, Entry::mailed).await
    }

    /// An attempt failed: another one follows later, unless it was the last.
    async fn failed(
        &self,
        event: &CloudEvent,
        id: &String,
        by: Uuid,
        error: &Error,
    ) -> Result<Handled> {
        tracing::warn!(event.id = id, error = %Chain(error), "mail {id} could not be sent");
        match self.note(id, |entry, now| entry.failed(by, now)).await? {
            Failed::Tried(tries) => self.again(event, tries, wait_after(tries)).await,
            Failed::GivenUp => Ok(Err(Poison::Undeliverable(format!("{}", Chain(error))))),
        }
    }

    /// Claims a mail. Nearly all are claimed once, so this writes first and reads only if there is an entry.
    async fn claim(&self, id: &String, by: Uuid) -> Result<Claimed> {
        let claim = applied(move |entry, now| entry.claim(by, now), self.clock.now());
        Ok(self.inbox.update_from(None, id, claim).await?.1)
    }

    async fn again(&self, event: &CloudEvent, tries: u32, wait: Duration) -> Result<Handled> {
        self.later.publish_after(wait, Topic::Notifications, event, tries).await.map(Ok)
    }

    async fn note<R: Send>(
        &self,
        id: &String,
        change: impl Fn(&mut Entry, Timestamp) -> R + Send + Sync,
    ) -> Result<R> {
        let now = self.clock.now();
        Ok(self.inbox.update(id, applied(change, now)).await?.1)
    }
}

/// The change of an entry, which is made if there is none.
fn applied<R>(
    change: impl Fn(&mut Entry, Timestamp) -> R,
    now: Timestamp,
) -> impl FnMut(Option<Entry>) -> (Entry, R) {
    move |found| {
        let mut entry = found.unwrap_or_default();
        let result = change(&mut entry, now);
        (entry, result)
    }
}

/// The key of an event in the inbox: its id, or a digest of one that no store would accept.
fn key(id: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if id.len() <= 200 && id.chars().all(plain) && !id.is_empty() {
        id.to_owned()
    } else {
        Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()).to_string()
    }
}

fn wait_after(tries: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
    FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT)
}

fn wait_until(until: Timestamp, now: Timestamp) -> Duration {
    until.duration_since(now).try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests;
