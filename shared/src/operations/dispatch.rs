//! Starts the sagas of orders, and ensures that every order ends.

use super::due_orders::{self, DueOrders, Slot};
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::Outcome;
use crate::observe;
use crate::ports::{
    Chain, Clock, Documents, OrderRefunds, Orders, Result, SagaEngine, Sagas, document,
};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long until an order that was driven on is looked at again.
const AGAIN: SignedDuration = SignedDuration::from_mins(5);

/// How long until a stuck order is tried again. Staff may ask for it at any time.
const STUCK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// How long a sweep has the index to itself; longer than one slot takes it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// The most slots that one sweep goes through: an hour's.
const MAX_SLOTS: usize = 240;

/// Orders driven on concurrently.
const AT_ONCE: usize = 8;

/// The key of the sweep's own document.
const SWEEP: &str = "_sweep";

/// Which slot is swept next, and until when a process is sweeping it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    next: Slot,
    leased_until: Timestamp,
}

/// Starts sagas, and drives on what has not ended in time.
#[derive(Debug, Clone)]
pub struct Dispatcher<O, I, W, E, R, C> {
    /// The order documents.
    pub orders: O,
    /// The orders by when they are due.
    pub index: I,
    /// How far the index has been swept.
    pub sweeps: W,
    /// What runs the sagas.
    pub engine: E,
    /// Refunds by staff of orders that have ended.
    pub refunds: R,
    /// The time.
    pub clock: C,
    /// How long after its acceptance an order has ended when nothing is amiss.
    pub overdue_after: SignedDuration,
}

impl<O, I, W, E, R, C> Sagas for Dispatcher<O, I, W, E, R, C>
where
    O: Orders,
    I: Documents<String, DueOrders>,
    W: Documents<String, Sweep>,
    E: SagaEngine,
    R: OrderRefunds,
    C: Clock,
{
    /// Looks first: an order that has a document is the one that was accepted, and a saga that has
    /// ended is not started again. A start that loses a race against one that has ended meanwhile
    /// changes nothing: a second run finds the document of the first.
    async fn start(&self, order: &PlacedOrder) -> Result<PlacedOrder> {
        let id = &order.order_id;
        if let Some(known) = document(&self.orders, id).await? {
            if known.outcome.is_none() {
                self.engine.drive(&known.placed).await?;
            }
            return Ok(known.placed);
        }
        due_orders::note(&self.index, id, self.clock.after(self.overdue_after)).await?;
        let accepted = self.engine.drive(order).await?;
        let known = document(&self.orders, id).await?;
        Ok(known.map_or(accepted, |known| known.placed))
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        match document(&self.orders, order).await? {
            Some(order) => Ok(Some(order.placed)),
            None => self.engine.find(order).await,
        }
    }

    async fn resume(&self, order: &OrderId) -> Result<Option<bool>> {
        match document(&self.orders, order).await? {
            Some(order) if order.status.is_final() => Ok(Some(false)),
            Some(order) => self.drive(&order).await.map(|()| Some(true)),
            None => match self.engine.find(order).await? {
                Some(placed) => self.engine.drive(&placed).await.map(|_| Some(true)),
                None => Ok(None),
            },
        }
    }
}

impl<O, I, W, E, R, C> Dispatcher<O, I, W, E, R, C>
where
    O: Orders,
    I: Documents<String, DueOrders>,
    W: Documents<String, Sweep>,
    E: SagaEngine,
    R: OrderRefunds,
    C: Clock,
{
    /// Looks at every order that has become due, and drives on those that have not ended. One
    /// process does so at a time; the others find nothing to do.
    ///
    /// # Errors
    /// When the store fails. What was not looked at is looked at by the next sweep.
    pub async fn sweep(&self) -> Result<()> {
        let now = self.clock.now();
        let Some(mut slot) = self.lease(now).await? else { return Ok(()) };
        for _ in 0..MAX_SLOTS {
            if slot.next() >= Slot::of(now) {
                break;
            }
            self.sweep_slot(slot).await?;
            slot = slot.next();
            self.proceed(slot, self.clock.after(LEASE)).await?;
        }
        self.proceed(slot, now).await
    }

    /// Takes the lease and answers with the slot to begin with, unless another process has it.
    async fn lease(&self, now: Timestamp) -> Result<Option<Slot>> {
        let leased_until = self.clock.after(LEASE);
        let take = |found: Option<Sweep>| match found {
            Some(sweep) if sweep.leased_until > now => (sweep, None),
            Some(Sweep { next, .. }) => (Sweep { next, leased_until }, Some(next)),
            None => (Sweep { next: Slot::of(now), leased_until }, Some(Slot::of(now))),
        };
        Ok(self.sweeps.update(&SWEEP.to_owned(), take).await?.1)
    }

    async fn proceed(&self, next: Slot, leased_until: Timestamp) -> Result<()> {
        let proceed = |_| (Sweep { next, leased_until }, ());
        self.sweeps.update(&SWEEP.to_owned(), proceed).await.map(|_| ())
    }

    async fn sweep_slot(&self, slot: Slot) -> Result<()> {
        let due = due_orders::due(&self.index, slot).await?;
        let looked: Vec<_> = due.iter().map(|order| self.look_at(order)).collect();
        let looked: Vec<_> = stream::iter(looked).buffer_unordered(AT_ONCE).collect().await;
        looked.into_iter().collect()
    }

    /// Drives `order` on unless it has ended, and notes when to look again.
    async fn look_at(&self, order: &OrderId) -> Result<()> {
        let again = match self.drive_on(order).await {
            Ok(again) => again,
            Err(error) => {
                tracing::warn!(order.id = %order, error = %Chain(&error), "overdue order {order} could not be driven on");
                Some(AGAIN)
            }
        };
        match again {
            Some(again) => due_orders::note(&self.index, order, self.clock.after(again)).await,
            None => Ok(()),
        }
    }

    /// Drives `order` on unless it has ended, then its refunds; the answer is after how long to look
    /// again.
    async fn drive_on(&self, order: &OrderId) -> Result<Option<SignedDuration>> {
        match document(&self.orders, order).await? {
            Some(order) if order.status.is_final() => self.refunds.settle(&order).await,
            Some(order) => {
                let (id, status) = (&order.placed.order_id, order.status);
                tracing::warn!(order.id = %id, ?status, "order {id} is overdue");
                observe::order_overdue(order.outcome.as_ref().map_or("running", Outcome::name));
                self.drive(&order).await?;
                Ok(Some(if order.outcome.is_some() { STUCK_AGAIN } else { AGAIN }))
            }
            None => match self.engine.find(order).await? {
                Some(placed) => self.engine.drive(&placed).await.map(|_| Some(AGAIN)),
                // No client was told that it was accepted.
                None => Ok(None),
            },
        }
    }

    async fn drive(&self, order: &Order) -> Result<()> {
        match &order.outcome {
            Some(Outcome::Stuck { cause, left }) => {
                self.engine.finish(&order.placed, cause, left).await
            }
            _ => self.engine.drive(&order.placed).await.map(|_| ()),
        }
    }
}

#[cfg(test)]
mod tests;
