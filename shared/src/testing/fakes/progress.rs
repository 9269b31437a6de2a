//! Orders whose progress a test controls.

use super::{Shared, lock};
use crate::domain::OrderId;
use crate::domain::order::{Order, Progress as Noted};
use crate::ports::{Failure, Progress, Result, Until};
use crate::testing::orders::{at, placed_order};
use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::Sender;
use tokio::time::timeout;

/// Orders in memory, with immediate notification of waiters.
#[derive(Debug, Clone, Default)]
pub struct FakeProgress {
    orders: Arc<Sender<HashMap<OrderId, Order>>>,
    waits: Shared<Vec<Until>>,
    fails: Shared<bool>,
}

impl FakeProgress {
    /// Records events in the sample order; returns its id.
    #[must_use]
    pub fn note(&self, happens: &[Noted]) -> OrderId {
        let placed = placed_order();
        let id = placed.order_id.clone();
        self.orders.send_modify(|orders| {
            let order = orders.entry(id.clone()).or_insert_with(|| Order::new(placed));
            for noted in happens {
                order.note(noted, at(1));
            }
        });
        id
    }

    /// The conditions of the waits, in order.
    #[must_use]
    pub fn waits(&self) -> Vec<Until> {
        lock(&self.waits).clone()
    }

    /// Makes the next wait fail.
    pub fn fail_next(&self) {
        *lock(&self.fails) = true;
    }
}

impl Progress for FakeProgress {
    async fn next(&self, id: &OrderId, until: Until, wait: Duration) -> Result<Option<Order>> {
        if mem::take(&mut *lock(&self.fails)) {
            return Err(Failure::new("fake progress", "wait", "set to fail").into());
        }
        lock(&self.waits).push(until);
        let mut orders = self.orders.subscribe();
        let there = |orders: &HashMap<OrderId, Order>| {
            orders.get(id).is_none_or(|order| until.holds(order))
        };
        let _over = timeout(wait, orders.wait_for(there)).await;
        Ok(self.orders.borrow().get(id).cloned())
    }
}
