//! The order documents: how far each order has come.

use super::order_events;
use crate::domain::OrderId;
use crate::domain::order::{Order, Progress};
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Outcome};
use crate::observe;
use crate::ports::{Clock, Documents, Failure, Publisher, Result, Sagas, document};
use jiff::{SignedDuration, Timestamp};

/// Where the saga writes how far an order has come, and tells the world.
#[derive(Debug, Clone)]
pub struct OrderLog<D, P, C> {
    documents: D,
    publisher: P,
    clock: C,
}

impl<D: Documents<OrderId, Order>, P: Publisher, C: Clock> OrderLog<D, P, C> {
    /// The log kept in `documents` by `clock`; `publisher` tells the world.
    pub fn new(documents: D, publisher: P, clock: C) -> Self {
        Self { documents, publisher, clock }
    }

    /// `wait` from now.
    #[must_use]
    pub fn after(&self, wait: SignedDuration) -> Timestamp {
        self.clock.after(wait)
    }

    /// Opens the document of an order, and tells how the order ended, if it has.
    ///
    /// # Errors
    /// When the store or the broker fails.
    pub async fn open(&self, placed: &PlacedOrder) -> Result<Option<Outcome>> {
        let open = |found: Option<Order>| (found.unwrap_or_else(|| Order::new(placed.clone())), ());
        let (order, ()) = self.documents.update(&placed.order_id, open).await?;
        if order.outcome.is_none() {
            order_events::created(&self.publisher, &order).await?;
        }
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
    /// As [`OrderLog::placed`].
    pub async fn begin_undo(&self, id: &OrderId, cause: Cause) -> Result<PlacedOrder> {
        let placed = self.placed(id).await?;
        self.note(&placed, &Progress::Stopped(cause)).await?;
        Ok(placed)
    }

    /// Notes what happened to an order.
    ///
    /// # Errors
    /// When the store or the broker fails.
    pub async fn note(&self, placed: &PlacedOrder, progress: &Progress) -> Result<()> {
        let now = self.clock.now();
        let note = |found: Option<Order>| {
            let mut order = found.unwrap_or_else(|| Order::new(placed.clone()));
            let changed = order.note(progress, now);
            (order, changed)
        };
        let (order, is_news) = self.documents.update(&placed.order_id, note).await?;
        if is_news {
            measure(&order, progress);
        }
        order_events::noted(&self.publisher, &order, progress).await
    }
}

fn measure(order: &Order, progress: &Progress) {
    if let Progress::Undone(step) = progress {
        observe::compensated(step.name());
    }
    if let Progress::Ended(outcome) = progress {
        let took = order.updated_at.duration_since(order.placed.created_at);
        observe::order_ended(outcome.name(), took.try_into().unwrap_or_default());
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
    use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeSagas};
    use crate::testing::orders::{at, euro, placed_order};

    #[tokio::test]
    async fn an_order_is_found_before_its_document_is_written() {
        let (documents, sagas, placed) =
            (FakeDocuments::default(), FakeSagas::default(), placed_order());
        assert_eq!(find(&documents, &sagas, &placed.order_id).await.unwrap(), None);
        sagas.start(&placed).await.unwrap();
        let early = find(&documents, &sagas, &placed.order_id).await.unwrap();
        assert_eq!(early, Some(Order::new(placed.clone())));
        let log = OrderLog::new(documents.clone(), FakeBroker::default(), FakeClock(at(5)));
        log.note(&placed, &Progress::Reserved { total: euro(7) }).await.unwrap();
        let later = find(&documents, &sagas, &placed.order_id).await.unwrap().unwrap();
        assert_eq!((later.status, later.updated_at), (Status::Reserved, at(5)));
    }

    #[tokio::test]
    async fn a_second_run_learns_how_the_first_one_ended() {
        let (documents, broker, placed) =
            (FakeDocuments::default(), FakeBroker::default(), placed_order());
        let log = OrderLog::new(documents, broker.clone(), FakeClock(at(5)));
        assert_eq!(log.open(&placed).await.unwrap(), None);
        log.note(&placed, &Progress::Reserved { total: euro(7) }).await.unwrap();
        log.note(&placed, &Progress::Ended(Outcome::Fulfilled)).await.unwrap();
        assert_eq!(log.open(&placed).await.unwrap(), Some(Outcome::Fulfilled));
        assert_eq!(broker.types(), ["order.created", "order.reserved", "order.completed"]);
    }

    #[tokio::test]
    async fn a_step_whose_event_cannot_be_published_fails_and_tells_it_when_repeated() {
        let (documents, broker, placed) =
            (FakeDocuments::default(), FakeBroker::default(), placed_order());
        let log = OrderLog::new(documents, broker.clone(), FakeClock(at(5)));
        broker.fail_next();
        let progress = Progress::Reserved { total: euro(7) };
        assert!(log.note(&placed, &progress).await.is_err());
        for _ in 0..2 {
            log.note(&placed, &progress).await.unwrap();
        }
        let published = broker.published();
        assert_eq!((published.len(), &published[0]), (2, &published[1]));
    }
}
