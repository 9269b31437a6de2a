//! Starts the sagas of orders, and ensures that every order ends.

use super::due::{self, Page};
use super::lag::Lag;
use super::sweep::{self, Handler, RETRY_AFTER};
use crate::domain::OrderId;
use crate::domain::caller::Caller;
use crate::domain::order::{NewResumption, Order, Resumption};
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::Outcome;
use crate::observe;
use crate::ports::{
    Clock, Documents, OrderRefunds, Orders, PortFuture, Result, SagaEngine, Sagas, document,
};
use jiff::SignedDuration;

/// The delay until a stuck order is resumed. Staff may resume it at any time.
const RETRY_STUCK_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Starts sagas, and resumes those that have not ended in time.
#[derive(Debug, Clone)]
pub struct Dispatcher<O, I, E, R, C> {
    /// The order documents.
    pub orders: O,
    /// The orders by due time.
    pub index: I,
    /// The engine that runs the sagas.
    pub engine: E,
    /// Refunds by staff of orders that have ended.
    pub refunds: R,
    /// The clock.
    pub clock: C,
    /// How long after its acceptance an order should have ended.
    pub overdue_after: SignedDuration,
    /// How far the sagas lag behind.
    pub lag: Lag,
}

impl<O, I, E, R, C> Sagas for Dispatcher<O, I, E, R, C>
where
    O: Orders,
    I: Documents<String, Page<OrderId>>,
    E: SagaEngine,
    R: OrderRefunds,
    C: Clock,
{
    /// Reads the document first: an order that has one is the one that was accepted, and a saga that has
    /// ended is not started again. A start that loses a race against one that has ended meanwhile
    /// changes nothing: a second run finds the document of the first.
    async fn start(&self, order: &PlacedOrder) -> Result<Option<PlacedOrder>> {
        let id = &order.order_id;
        if let Some(known) = document(&self.orders, id).await? {
            if known.outcome.is_none() {
                self.engine.run(&known.placed).await?;
            }
            return Ok(Some(known.placed));
        }
        // One that was accepted before and has not begun is answered as it was then.
        if self.lag.is_excessive() && self.engine.find(id).await?.is_none() {
            return Ok(None);
        }
        due::note(&self.index, id, self.clock.after(self.overdue_after)).await?;
        let accepted = self.engine.run(order).await?;
        let known = document(&self.orders, id).await?;
        Ok(Some(known.map_or(accepted, |known| known.placed)))
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        match document(&self.orders, order).await? {
            Some(order) => Ok(Some(order.placed)),
            None => self.engine.find(order).await,
        }
    }

    async fn resume(
        &self,
        order: &OrderId,
        caller: Option<&Caller>,
        ask: &NewResumption,
    ) -> Result<Option<bool>> {
        match document(&self.orders, order).await? {
            Some(order) if order.status.is_final() => Ok(Some(false)),
            Some(order) => {
                let order = self.note_resumption(order, caller, ask).await?;
                self.run(&order).await.map(|()| Some(true))
            }
            None => match self.engine.find(order).await? {
                Some(placed) => {
                    let order = self.note_resumption(Order::new(placed), caller, ask).await?;
                    self.run(&order).await.map(|()| Some(true))
                }
                None => Ok(None),
            },
        }
    }
}

impl<O, I, E, R, C> Dispatcher<O, I, E, R, C>
where
    O: Orders,
    I: Documents<String, Page<OrderId>>,
    E: SagaEngine,
    R: OrderRefunds,
    C: Clock,
{
    /// Resumes every due order that has not ended. One process does so at a time; the others find
    /// nothing to do.
    ///
    /// # Errors
    /// When the store fails. The next sweep handles the rest.
    pub async fn sweep(&self) -> Result<()> {
        sweep::sweep(&self.index, &self.clock, self).await
    }

    /// Resumes `order` unless it has ended, then its refunds; returns the delay until the next
    /// check.
    async fn advance(&self, order: &OrderId) -> Result<Option<SignedDuration>> {
        match document(&self.orders, order).await? {
            Some(order) if order.status.is_final() => self.refunds.settle(&order).await,
            Some(order) => {
                let (id, status) = (&order.placed.order_id, order.status);
                tracing::warn!(order.id = %id, ?status, "order {id} is overdue");
                observe::order_overdue(order.outcome.as_ref().map_or("running", Outcome::name));
                self.run(&order).await?;
                Ok(Some(if order.outcome.is_some() { RETRY_STUCK_AFTER } else { RETRY_AFTER }))
            }
            None => match self.engine.find(order).await? {
                Some(placed) => self.engine.run(&placed).await.map(|_| Some(RETRY_AFTER)),
                // No client was informed that it was accepted.
                None => Ok(None),
            },
        }
    }

    /// Writes down who resumes `order` and why, before it runs again: the answer is the order as it is then.
    async fn note_resumption(
        &self,
        order: Order,
        caller: Option<&Caller>,
        ask: &NewResumption,
    ) -> Result<Order> {
        let resumption = Resumption {
            by: caller.map(|caller| caller.customer_id.clone()),
            reason: ask.reason.clone(),
            at: self.clock.now(),
        };
        let note = |found: Option<Order>| {
            let mut found = found.unwrap_or_else(|| order.clone());
            found.note_resumption(resumption.clone());
            (found, ())
        };
        Ok(self.orders.update(&order.placed.order_id, note).await?.0)
    }

    async fn run(&self, order: &Order) -> Result<()> {
        match &order.outcome {
            Some(Outcome::Stuck { cause, left }) => {
                self.engine.finish(&order.placed, cause, left).await
            }
            _ => self.engine.run(&order.placed).await.map(|_| ()),
        }
    }
}

impl<O, I, E, R, C> Handler<OrderId> for Dispatcher<O, I, E, R, C>
where
    O: Orders,
    I: Documents<String, Page<OrderId>>,
    E: SagaEngine,
    R: OrderRefunds,
    C: Clock,
{
    fn handle(&self, order: &OrderId) -> impl PortFuture<Option<SignedDuration>> {
        self.advance(order)
    }
}

#[cfg(test)]
mod tests;
