//! Notification of waiters in the same process of the changes that it writes to orders.

use crate::domain::OrderId;
use crate::domain::order::Order;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most waiters in one process.
const MAX_WAITING: usize = 2_000;

/// The changes that this process writes to orders, for its waiters.
#[derive(Debug, Clone)]
pub struct Changes {
    waiting: Arc<Mutex<HashMap<OrderId, Sender<Option<Order>>>>>,
    room: Arc<Semaphore>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { waiting: Arc::default(), room: Arc::new(Semaphore::new(MAX_WAITING)) }
    }
}

impl Changes {
    /// Notifies the waiters for `order` of its current state.
    pub(super) fn notify(&self, order: &Order) {
        if let Some(waiting) = self.waiting().get(&order.placed.order_id) {
            waiting.send_replace(Some(order.clone()));
        }
    }

    /// Subscribes to the changes of an order, unless there are too many waiters already.
    pub(super) fn of(&self, id: &OrderId) -> Option<Listener> {
        let room = self.room.clone().try_acquire_owned().ok()?;
        let mut waiting = self.waiting();
        let sender = waiting.entry(id.clone()).or_insert_with(|| watch::channel(None).0);
        let mut receiver = sender.subscribe();
        receiver.mark_unchanged();
        Some(Listener { id: id.clone(), changes: self.clone(), receiver, _room: room })
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<OrderId, Sender<Option<Order>>>> {
        self.waiting.lock().expect("no panic happens while waiters are notified")
    }
}

/// A waiter for an order to change.
pub(super) struct Listener {
    id: OrderId,
    changes: Changes,
    receiver: Receiver<Option<Order>>,
    _room: OwnedSemaphorePermit,
}

impl Listener {
    /// The order after its next change.
    pub(super) async fn next(&mut self) -> Order {
        self.receiver.changed().await.expect("the sender lives as long as a waiter");
        self.receiver.borrow_and_update().clone().expect("only orders are sent")
    }

    /// The order.
    pub(super) fn id(&self) -> &OrderId {
        &self.id
    }
}

impl Drop for Listener {
    /// The last waiter removes the entry.
    fn drop(&mut self) {
        let mut waiting = self.changes.waiting();
        if waiting.get(&self.id).is_some_and(|sender| sender.receiver_count() == 1) {
            waiting.remove(&self.id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::placed_order;

    #[tokio::test]
    async fn a_waiter_is_notified_and_leaves_nothing_behind() {
        let (changes, order) = (Changes::default(), Order::new(placed_order()));
        let id = &order.placed.order_id;
        let (mut first, second) = (changes.of(id).unwrap(), changes.of(id).unwrap());
        changes.notify(&order);
        assert_eq!(first.next().await, order);
        drop(first);
        assert_eq!(changes.waiting().len(), 1);
        drop(second);
        assert_eq!(changes.waiting().len(), 0);
    }

    #[test]
    fn the_number_of_waiters_is_bounded() {
        let (changes, id) = (Changes::default(), placed_order().order_id);
        let listeners: Vec<_> = (0..MAX_WAITING).map_while(|_| changes.of(&id)).collect();
        assert_eq!(listeners.len(), MAX_WAITING);
        assert!(changes.of(&id).is_none());
        drop(listeners);
        assert!(changes.of(&id).is_some());
    }
}
