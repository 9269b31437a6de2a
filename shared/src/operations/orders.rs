//! The order documents: how far each order has come.

use crate::domain::OrderId;
use crate::domain::order::{Order, Progress};
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Outcome};
use crate::ports::{Clock, Documents, Failure, Result, Sagas, document};
use jiff::{SignedDuration, Timestamp};

/// Where the saga writes how far an order has come.
#[derive(Debug, Clone)]
pub struct Journal<D, C> {
    documents: D,
    clock: C,
}

impl<D: Documents<OrderId, Order>, C: Clock> Journal<D, C> {
    /// The journal kept in `documents` by `clock`.
    pub fn new(documents: D, clock: C) -> Self {
        Self { documents, clock }
    }

    /// `wait` from now.
    #[must_use]
    pub fn after(&self, wait: SignedDuration) -> Timestamp {
        self.clock.after(wait)
    }

    /// Opens the document of an order, and tells how the order ended, if it has.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(&self, placed: &PlacedOrder) -> Result<Option<Outcome>> {
        let open = |found: Option<Order>| (found.unwrap_or_else(|| Order::new(placed.clone())), ());
        let (order, ()) = self.documents.update(&placed.order_id, open).await?;
        Ok(order.outcome)
    }

    /// The order whose document is open.
    ///
    /// # Errors
    /// When the store fails, or there is no such document.
    pub async fn placed(&self, id: &OrderId) -> Result<PlacedOrder> {
        match document(&self.documents, id).await? {
            Some(order) => Ok(order.placed),
            None => Err(Failure::new("orders", "read an order", "its document is missing").into()),
        }
    }

    /// The order whose document is open, which is about to be undone because of `cause`.
    ///
    /// # Errors
    /// As [`Journal::placed`].
    pub async fn stopped(&self, id: &OrderId, cause: Cause) -> Result<PlacedOrder> {
        let placed = self.placed(id).await?;
        self.note(&placed, &Progress::Stopped(cause)).await?;
        Ok(placed)
    }

    /// Notes what happened to an order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note(&self, placed: &PlacedOrder, progress: &Progress) -> Result<()> {
        let now = self.clock.now();
        let note = |found: Option<Order>| {
            let mut order = found.unwrap_or_else(|| Order::new(placed.clone()));
            let news = order.note(progress, now);
            (order, news)
        };
        self.documents.update(&placed.order_id, note).await?;
        Ok(())
    }
}

/// The order, from its document or, until there is one, from what its saga was started with.
///
/// # Errors
/// When the store or the saga cannot be asked.
pub async fn find(
    documents: &impl Documents<OrderId, Order>,
    sagas: &impl Sagas,
    id: &OrderId,
) -> Result<Option<Order>> {
    match document(documents, id).await? {
        Some(order) => Ok(Some(order)),
        None => Ok(sagas.find(id).await?.map(Order::new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Status;
    use crate::testing::fakes::{FakeClock, FakeDocuments, FakeSagas};
    use crate::testing::orders::{at, euro, placed_order};

    #[tokio::test]
    async fn an_order_is_found_before_its_document_is_written() {
        let (documents, sagas, placed) =
            (FakeDocuments::default(), FakeSagas::default(), placed_order());
        assert_eq!(find(&documents, &sagas, &placed.order_id).await.unwrap(), None);
        sagas.start(&placed).await.unwrap();
        let early = find(&documents, &sagas, &placed.order_id).await.unwrap();
        assert_eq!(early, Some(Order::new(placed.clone())));
        let journal = Journal::new(documents.clone(), FakeClock(at(5)));
        journal.note(&placed, &Progress::Reserved { total: euro(7) }).await.unwrap();
        let later = find(&documents, &sagas, &placed.order_id).await.unwrap().unwrap();
        assert_eq!((later.status, later.updated_at), (Status::Reserved, at(5)));
    }

    #[tokio::test]
    async fn a_second_run_learns_how_the_first_one_ended() {
        let (documents, placed) = (FakeDocuments::default(), placed_order());
        let journal = Journal::new(documents, FakeClock(at(5)));
        assert_eq!(journal.open(&placed).await.unwrap(), None);
        journal.note(&placed, &Progress::Ended(Outcome::Fulfilled)).await.unwrap();
        assert_eq!(journal.open(&placed).await.unwrap(), Some(Outcome::Fulfilled));
    }
}
