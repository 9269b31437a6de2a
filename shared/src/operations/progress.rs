//! Waiting for the progress of orders.

use super::changes::{Changes, Listener};
use super::orders::Lookup;
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::ports::{Chain, Failure, Progress, Result, SagaEngine, Until};
use std::future::pending;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often an order whose steps are awaited is polled, because other processes write too. What
/// this one writes, and the end of the saga wherever it runs, is known immediately.
const LOOK: Duration = Duration::from_secs(1);

/// The progress of orders as this process learns of it: from itself, and from the engine of the sagas.
#[derive(Debug, Clone)]
pub struct OrderProgress<L, E> {
    /// The orders.
    pub orders: L,
    /// The changes that this process writes.
    pub changes: Changes,
    /// The engine of the sagas.
    pub engine: E,
}

impl<L: Lookup, E: SagaEngine> OrderProgress<L, E> {
    /// Follows the order that was `found` until the condition holds.
    async fn follow(
        &self,
        mut changes: Listener,
        found: &mut Option<Order>,
        until: Until,
        wait: Duration,
    ) -> Result<()> {
        let id = changes.id().clone();
        let mut looks = interval(LOOK);
        looks.reset();
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut ended, mut runs) = (pin!(self.end_of(&id, wait)), true);
        while found.as_ref().is_some_and(|order| !until.holds(order)) {
            *found = tokio::select! {
                order = changes.next() => Some(order),
                () = &mut ended, if runs => {
                    runs = false;
                    self.orders.find(&id).await?
                }
                _ = looks.tick(), if until != Until::Ended => self.orders.find(&id).await?,
            };
        }
        Ok(())
    }

    /// Returns when the saga has ended, and never if that cannot be found out.
    async fn end_of(&self, id: &OrderId, wait: Duration) {
        if let Err(error) = self.engine.ended(id, wait).await {
            tracing::debug!(order.id = %id, error = %Chain(&error), "the end of the saga of order {id} cannot be awaited");
            pending::<()>().await;
        }
    }
}

impl<L: Lookup, E: SagaEngine> Progress for OrderProgress<L, E> {
    async fn next(&self, id: &OrderId, until: Until, wait: Duration) -> Result<Option<Order>> {
        // Subscribed before the first read, so that no change is missed.
        let full = || {
            Failure::new("order-saga", "wait for an order", "too many callers are waiting already")
        };
        let changes = self.changes.of(id).ok_or_else(full)?;
        let mut found = self.orders.find(id).await?;
        match timeout(wait, self.follow(changes, &mut found, until, wait)).await {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) | Err(_) => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests;
