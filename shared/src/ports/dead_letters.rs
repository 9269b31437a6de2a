//! Dead letters.

use super::PortFuture;
use crate::domain::LetterId;
use crate::domain::caller::Caller;
use crate::domain::dead_letter::{
    DeadLetter, LetterAction, LetterPosition, LetterRejection, NewHandling, Subscription,
};

/// Some of the open dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterPage {
    /// The letters, newest first.
    pub letters: Vec<DeadLetter>,
    /// Behind which place there are more, if there are.
    pub next: Option<LetterPosition>,
}

/// The letter as it is then, or why it stays as it was.
pub type LetterAnswer = Result<DeadLetter, LetterRejection>;

/// The dead letters of all functions.
pub trait DeadLetters: Clone + Send + Sync + 'static {
    /// Records a message that a function gave up on, and returns its letter. Repeated, it changes nothing.
    fn record(&self, of: Subscription, message: &[u8]) -> impl PortFuture<DeadLetter>;

    /// The open letters, newest first: at most `limit` behind `after`, or the first ones.
    fn page(&self, after: Option<&LetterPosition>, limit: usize) -> impl PortFuture<LetterPage>;

    /// A letter, whatever became of it.
    fn find(&self, id: &LetterId) -> impl PortFuture<Option<DeadLetter>>;

    /// Resends or drops a letter for `caller`, and notes that in the letter and in the order that its event is about. To
    /// resend it is to publish its message to its topic again, for all subscribers. Repeated, it publishes nothing, and
    /// completes what was interrupted. None, if there is no such letter.
    fn handle(
        &self,
        id: &LetterId,
        action: LetterAction,
        caller: Option<&Caller>,
        ask: NewHandling,
    ) -> impl PortFuture<Option<LetterAnswer>>;
}
