//! Dead letters, a document each, and an index of the open ones.

use super::shards::{Shard, Shards};
use crate::domain::LetterId;
use crate::domain::dead_letter::{DeadLetter, LetterPosition, LetterRejection, Subscription};
use crate::ports::{
    Clock, DeadLetters, Documents, Failure, LetterAnswer, LetterPage, Publisher, Result, document,
};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

/// What the keys of the index's documents begin with. No letter's id has an underscore.
pub const INDEX: &str = "_open";

/// Letters read concurrently.
const AT_ONCE: usize = 8;

/// Some open letters, by when they were given up.
pub type OpenShard = Shard<LetterId, Timestamp>;

/// The dead letters of all functions, by `clock`.
#[derive(Debug, Clone)]
pub struct LetterBox<L, I, P, C> {
    /// The letters.
    pub letters: L,
    /// The open ones, by when they were given up.
    pub open: Shards<LetterId, Timestamp, I>,
    /// The broker.
    pub publisher: P,
    /// The clock.
    pub clock: C,
}

impl<L, I, P, C> DeadLetters for LetterBox<L, I, P, C>
where
    L: Documents<LetterId, DeadLetter>,
    I: Documents<String, OpenShard>,
    P: Publisher,
    C: Clock,
{
    async fn record(&self, of: Subscription, message: &[u8]) -> Result<DeadLetter> {
        let letter = DeadLetter::new(of, message, self.clock.now());
        let id = letter.letter_id.clone();
        let record = |known| (letter.clone().recorded(known), ());
        let (letter, ()) = self.letters.update(&id, record).await?;
        if !letter.is_open() || self.open.put(&id, &letter.failed_at).await? {
            return Ok(letter);
        }
        Err(Failure::new("dead letters", "record a letter", "too many are open").into())
    }

    async fn page(&self, after: Option<&LetterPosition>, limit: usize) -> Result<LetterPage> {
        let all = self.open.all().await?.into_iter();
        let mut places: Vec<_> =
            all.map(|(letter_id, at)| LetterPosition { at, letter_id }).collect();
        places.sort_unstable_by(|one, other| other.cmp(one));
        places.retain(|place| after.is_none_or(|after| place < after));
        let more = places.len() > limit;
        places.truncate(limit);
        let found: Vec<_> = places.iter().map(|place| self.waiting(place)).collect();
        let found: Vec<_> = stream::iter(found).buffered(AT_ONCE).try_collect().await?;
        let letters = found.into_iter().flatten().collect();
        Ok(LetterPage { letters, next: places.pop().filter(|_| more) })
    }

    async fn find(&self, id: &LetterId) -> Result<Option<DeadLetter>> {
        document(&self.letters, id).await
    }

    async fn resend(&self, id: &LetterId) -> Result<Option<LetterAnswer>> {
        let claimed = self.change(id, DeadLetter::resend).await?;
        let Some(Ok(letter)) = claimed else { return Ok(claimed) };
        if !letter.is_open() {
            return Ok(Some(Ok(letter)));
        }
        // Claimed first, so that nobody drops it meanwhile; if this is interrupted, it can be repeated.
        let message_id = format!("resent-{id}-{}", letter.failures);
        self.publisher.publish_as(&letter.subscription.topic, &letter.message, message_id).await?;
        let failures = letter.failures;
        self.change(id, |letter, now| {
            letter.resent(failures, now);
            Ok(())
        })
        .await
    }

    async fn drop(&self, id: &LetterId) -> Result<Option<LetterAnswer>> {
        self.change(id, DeadLetter::drop).await
    }
}

impl<L, I, P, C> LetterBox<L, I, P, C>
where
    L: Documents<LetterId, DeadLetter>,
    I: Documents<String, OpenShard>,
    P: Publisher,
    C: Clock,
{
    /// The letter at a place of the index, if it is still open. One whose document has expired, or that was
    /// handled, leaves the index.
    async fn waiting(&self, place: &LetterPosition) -> Result<Option<DeadLetter>> {
        let letter = self.find(&place.letter_id).await?.filter(DeadLetter::is_open);
        if letter.is_none() {
            self.open.remove(&place.letter_id, &place.at).await?;
        }
        Ok(letter)
    }

    /// Changes a letter, and removes it from the index once it waits no longer.
    async fn change(
        &self,
        id: &LetterId,
        change: impl Fn(&mut DeadLetter, Timestamp) -> Changed + Send + Sync,
    ) -> Result<Option<LetterAnswer>> {
        let now = self.clock.now();
        let changed = self.letters.amend(id, |letter| change(letter, now)).await?;
        let Some((letter, changed)) = changed else { return Ok(None) };
        if !letter.is_open() {
            self.open.remove(id, &letter.failed_at).await?;
        }
        Ok(Some(changed.map(|()| letter)))
    }
}

/// Whether a letter may be changed so.
type Changed = std::result::Result<(), LetterRejection>;

#[cfg(test)]
mod tests;
