//! The order documents: the progress of each order.

use super::changes::Changes;
use super::lag::Lag;
use super::order_events;
use crate::domain::OrderId;
use crate::domain::order::{Order, Progress};
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Outcome, Step};
use crate::observe;
use crate::ports::{
    Chain, Clock, Error, Failure, Orders, PortFuture, Publisher, Result, Sagas, Saved, Versioned,
    document,
};
use std::time::Duration;

/// The result of a step, and whether the broker has its event. An event that the broker rejects does
/// not fail the step: it is published later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted<T> {
    /// The result of the step.
    pub value: T,
    /// Whether the event of the step has been published, or there is none.
    pub published: bool,
}

impl<T> Noted<T> {
    /// Applies `of` to the result.
    pub fn map<U>(self, of: impl FnOnce(T) -> U) -> Noted<U> {
        Noted { value: of(self.value), published: self.published }
    }
}

/// How long a step's workflow waits after so many failed tries.
pub type Pause = fn(Step, u32) -> Duration;

/// Where the saga notes how far an order has come, and publishes it.
pub trait OrderLog: Clone + Send + Sync + 'static {
    /// Creates the document of an order; returns how the order ended, if it has.
    fn open(&self, placed: &PlacedOrder) -> impl PortFuture<Noted<Option<Outcome>>>;

    /// The order; fails when it has no document.
    fn read(&self, id: &OrderId) -> impl PortFuture<Versioned<Order>>;

    /// The order, before its next step; refused with `cancel-requested` when it is to be cancelled.
    fn proceed(&self, id: &OrderId) -> impl PortFuture<Versioned<Order>>;

    /// Records what happened to an order, and publishes it.
    fn note(&self, placed: &PlacedOrder, progress: &Progress) -> impl PortFuture<Noted<()>>;

    /// The same of an order that was read before, which is not read again unless it has changed since. Refused
    /// with `cancel-requested`: a shipment of an order whose cancellation was requested before.
    fn note_on(&self, order: Versioned<Order>, progress: &Progress) -> impl PortFuture<Noted<()>>;

    /// Notes that a try of `step` failed, which is repeated after `pause`: for those who watch, so a note that
    /// cannot be written is left out.
    fn note_failed_try(&self, id: &OrderId, step: Step, pause: Pause) -> impl PortFuture<()>;

    /// Publishes what the document says of each of `steps`; fails when the broker does.
    fn publish(&self, id: &OrderId, steps: &[Step]) -> impl PortFuture<()>;

    /// Records that the order is about to be undone because of `cause`, and returns it.
    fn begin_undo(&self, id: &OrderId, cause: Cause) -> impl PortFuture<PlacedOrder> {
        async move {
            let order = self.read(id).await?;
            let placed = order.document.placed.clone();
            self.note_on(order, &Progress::Stopped(cause)).await?;
            Ok(placed)
        }
    }
}

/// The log kept in order documents.
#[derive(Debug, Clone)]
pub struct DocumentLog<D, P, C> {
    orders: D,
    publisher: P,
    clock: C,
    changes: Changes,
    lag: Lag,
}

impl<D: Orders, P: Publisher, C: Clock> DocumentLog<D, P, C> {
    /// The log kept in `orders` by `clock`; `publisher` publishes.
    pub fn new(orders: D, publisher: P, clock: C) -> Self {
        Self { orders, publisher, clock, changes: Changes::default(), lag: Lag::default() }
    }

    /// Notifies the waiters of `changes` of what it writes.
    #[must_use]
    pub fn notifying(self, changes: Changes) -> Self {
        Self { changes, ..self }
    }

    /// The same, which observes as `lag` how long orders waited until they were opened.
    #[must_use]
    pub fn timing(self, lag: Lag) -> Self {
        Self { lag, ..self }
    }

    /// Records `progress` of an order that was `found` so.
    async fn record(
        &self,
        placed: &PlacedOrder,
        found: Option<Versioned<Order>>,
        progress: &Progress,
    ) -> Result<Noted<()>> {
        let now = self.clock.now();
        let note = |found: Option<Order>| {
            let mut order = found.unwrap_or_else(|| Order::new(placed.clone()));
            let changed = order.note(progress, now);
            (order, changed)
        };
        let (order, changed) = self.orders.update_from(found, &placed.order_id, note).await?;
        if matches!(progress, Progress::Shipped { .. }) {
            order.ensure_not_cancelled()?;
        }
        if changed {
            self.changes.notify(&order);
            measure(&order, progress);
        }
        let published = match progress.step() {
            Some(step) => self.try_publish(&order, step).await,
            None => true,
        };
        Ok(Noted { value: (), published })
    }

    /// Publishes what the document says of `step`; returns whether the broker accepted it.
    async fn try_publish(&self, order: &Order, step: Step) -> bool {
        match order_events::publish(&self.publisher, order, step).await {
            Ok(()) => true,
            Err(Error::Refused(refusal)) => unreachable!("a broker refuses nothing: {refusal}"),
            Err(Error::Failed(failure)) => {
                let id = &order.placed.order_id;
                tracing::warn!(order.id = %id, error = %Chain(&failure), "the event of step {step} of order {id} is published later");
                false
            }
        }
    }
}

impl<D: Orders, P: Publisher, C: Clock> OrderLog for DocumentLog<D, P, C> {
    async fn open(&self, placed: &PlacedOrder) -> Result<Noted<Option<Outcome>>> {
        let waited = self.clock.now().duration_since(placed.created_at);
        let open = |found: Option<Order>| {
            let is_new = found.is_none();
            (found.unwrap_or_else(|| Order::new(placed.clone())), is_new)
        };
        let (order, is_new) = self.orders.update_from(None, &placed.order_id, open).await?;
        if is_new {
            self.lag.observe(waited.try_into().unwrap_or_default());
        }
        let published = order.outcome.is_some() || self.try_publish(&order, Step::Create).await;
        Ok(Noted { value: order.outcome, published })
    }

    async fn read(&self, id: &OrderId) -> Result<Versioned<Order>> {
        let missing = || Failure::new("orders", "read an order", "its document is missing");
        Ok(self.orders.load(id).await?.ok_or_else(missing)?)
    }

    async fn proceed(&self, id: &OrderId) -> Result<Versioned<Order>> {
        let order = self.read(id).await?;
        order.document.ensure_not_cancelled()?;
        Ok(order)
    }

    async fn note(&self, placed: &PlacedOrder, progress: &Progress) -> Result<Noted<()>> {
        let found = self.orders.load(&placed.order_id).await?;
        self.record(placed, found, progress).await
    }

    async fn note_on(&self, order: Versioned<Order>, progress: &Progress) -> Result<Noted<()>> {
        let placed = order.document.placed.clone();
        self.record(&placed, Some(order), progress).await
    }

    async fn note_failed_try(&self, id: &OrderId, step: Step, pause: Pause) -> Result<()> {
        let Some(Versioned { mut document, version }) = self.orders.load(id).await? else {
            return Ok(());
        };
        document.note_failed_try(step, self.clock.now(), pause);
        // Of a write that came first, the workflow goes on.
        self.orders.save(id, &document, Some(&version)).await.map(|_| ())
    }

    async fn publish(&self, id: &OrderId, steps: &[Step]) -> Result<()> {
        let order = self.read(id).await?.document;
        for step in steps {
            order_events::publish(&self.publisher, &order, *step).await?;
        }
        Ok(())
    }
}

fn measure(order: &Order, progress: &Progress) {
    if let Progress::Undone(step) = progress {
        observe::compensated(step.name());
    }
    if let Progress::PaymentUndone { refunded: Some(_) } = progress {
        observe::compensated(Step::RefundPayment.name());
    }
    if let Progress::Ended(outcome) = progress {
        let took = order.updated_at.duration_since(order.placed.created_at);
        observe::order_ended(outcome.name(), took.try_into().unwrap_or_default());
    }
}

/// Lookup of orders.
pub trait Lookup: Clone + Send + Sync + 'static {
    /// The order, from its document or, until there is one, from what its saga was started with.
    fn find(&self, id: &OrderId) -> impl PortFuture<Option<Order>>;

    /// Erases the customer from the order `id`; returns whether it could, which requires an order
    /// that has ended finally. None when there is no such order.
    fn erase_customer(&self, id: &OrderId) -> impl PortFuture<Option<bool>>;
}

/// Orders looked up in their documents or, before they have one, among the sagas.
#[derive(Debug, Clone)]
pub struct OrderLookup<O, S> {
    /// The documents.
    pub orders: O,
    /// The sagas.
    pub sagas: S,
}

impl<O: Orders, S: Sagas> Lookup for OrderLookup<O, S> {
    async fn find(&self, id: &OrderId) -> Result<Option<Order>> {
        match document(&self.orders, id).await? {
            Some(order) => Ok(Some(order)),
            None => Ok(self.sagas.find(id).await?.map(Order::new)),
        }
    }

    async fn erase_customer(&self, id: &OrderId) -> Result<Option<bool>> {
        let Some(Versioned { mut document, version }) = self.orders.load(id).await? else {
            return Ok(None);
        };
        if !document.erase_customer() {
            return Ok(Some(false));
        }
        match self.orders.save(id, &document, Some(&version)).await? {
            Saved::Written => Ok(Some(true)),
            Saved::Conflict => {
                let changed = "the order changed meanwhile";
                Err(Failure::new("orders", "erase a customer", changed).into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
