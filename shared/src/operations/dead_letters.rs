//! Dead letters, a document each, and an index of the open ones.

use super::shards::{Shard, Shards};
use crate::domain::LetterId;
use crate::domain::caller::Caller;
use crate::domain::dead_letter::{
    DeadLetter, Handling, LetterAction, LetterPosition, LetterRejection, LetterState, NewHandling,
    Subscription,
};
use crate::domain::order::HandledLetter;
use crate::ports::{
    Clock, DeadLetters, Documents, Failure, LetterAnswer, LetterPage, Orders, Publisher, Result,
    document,
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
pub struct LetterBox<L, I, O, P, C> {
    /// The letters.
    pub letters: L,
    /// The open ones, by when they were given up.
    pub open: Shards<LetterId, Timestamp, I>,
    /// The order documents, where it is noted what staff do with letters about an order.
    pub orders: O,
    /// The broker.
    pub publisher: P,
    /// The clock.
    pub clock: C,
}

impl<L, I, O, P, C> DeadLetters for LetterBox<L, I, O, P, C>
where
    L: Documents<LetterId, DeadLetter>,
    I: Documents<String, OpenShard>,
    O: Orders,
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
        // Of pages that nobody reads: those whose documents have expired leave the index.
        let now = self.clock.now();
        let is_old = |place: &&LetterPosition| now.duration_since(place.at) > DeadLetter::KEPT_FOR;
        for place in places.iter().rev().take(AT_ONCE).filter(is_old) {
            self.waiting(place).await?;
        }
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

    async fn handle(
        &self,
        id: &LetterId,
        action: LetterAction,
        caller: Option<&Caller>,
        ask: NewHandling,
    ) -> Result<Option<LetterAnswer>> {
        let by = caller.map(|caller| caller.customer_id.clone());
        let handling = Handling { action, by, reason: ask.reason, at: self.clock.now() };
        // Claimed first, so that nobody does otherwise meanwhile; if this is interrupted, it can be repeated.
        let claimed = self.change(id, |letter| letter.handle(handling.clone())).await?;
        let Some(Ok(letter)) = claimed else { return Ok(claimed) };
        self.note_in_order(&letter).await?;
        if letter.state == LetterState::Resending {
            self.publish(&letter).await
        } else {
            Ok(Some(Ok(letter)))
        }
    }
}

impl<L, I, O, P, C> LetterBox<L, I, O, P, C>
where
    L: Documents<LetterId, DeadLetter>,
    I: Documents<String, OpenShard>,
    O: Orders,
    P: Publisher,
    C: Clock,
{
    /// Notes what was done with a letter last in the order that its event is about; nothing, if the order is unknown.
    async fn note_in_order(&self, letter: &DeadLetter) -> Result<()> {
        if let Some((order, handled)) = letter.order_id().zip(HandledLetter::last(letter)) {
            self.orders.amend(&order, |order| order.note_letter(handled.clone())).await?;
        }
        Ok(())
    }

    /// Publishes the message of a letter that is being resent, and records that.
    async fn publish(&self, letter: &DeadLetter) -> Result<Option<LetterAnswer>> {
        let (id, failures, now) = (&letter.letter_id, letter.failures, self.clock.now());
        let message_id = format!("resent-{id}-{failures}");
        self.publisher.publish_as(&letter.subscription.topic, &letter.message, message_id).await?;
        self.change(id, |letter| {
            letter.resent(failures, now);
            Ok(())
        })
        .await
    }

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
        change: impl Fn(&mut DeadLetter) -> Changed + Send + Sync,
    ) -> Result<Option<LetterAnswer>> {
        let changed = self.letters.amend(id, change).await?;
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
