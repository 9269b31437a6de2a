//! One watch per order, shared by all of its streams.

use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::ports::{Chain, LONGEST_WAIT, Progress, Result, Until};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::time::timeout;

/// The delay before a failed read is repeated.
const RETRY: Duration = Duration::from_secs(1);

/// The watches of this process: each order has one, from its first subscriber until it ends or the
/// last one leaves.
#[derive(Debug, Clone)]
pub(super) struct Watches<P> {
    progress: P,
    orders: Arc<Mutex<HashMap<OrderId, Sender<Seen>>>>,
}

/// What a watch has seen of an order.
#[derive(Debug)]
pub(super) enum Seen {
    /// Nothing yet.
    Nothing,
    /// Its current state.
    Order(Box<Order>),
    /// There is no such order.
    Unknown,
    /// It could not be read.
    Failed,
}

impl From<Result<Option<Order>>> for Seen {
    fn from(found: Result<Option<Order>>) -> Self {
        match found {
            Ok(Some(order)) => Self::Order(Box::new(order)),
            Ok(None) => Self::Unknown,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "an order cannot be watched");
                Self::Failed
            }
        }
    }
}

impl Seen {
    fn steps(&self) -> usize {
        if let Self::Order(order) = self { order.steps.len() } else { 0 }
    }

    /// Whether the watch is over.
    fn is_last(&self) -> bool {
        if let Self::Order(order) = self { order.status.is_final() } else { true }
    }
}

impl<P: Progress> Watches<P> {
    pub(super) fn new(progress: P) -> Self {
        Self { progress, orders: Arc::default() }
    }

    /// The states of an order from now on. Its end is the end of the channel.
    pub(super) fn of(&self, id: &OrderId) -> Receiver<Seen> {
        let mut orders = self.orders();
        if let Some(watch) = orders.get(id) {
            return watch.subscribe();
        }
        let (watch, seen) = watch::channel(Seen::Nothing);
        orders.insert(id.clone(), watch.clone());
        tokio::spawn(self.clone().watch(id.clone(), watch));
        seen
    }

    async fn watch(self, id: OrderId, watch: Sender<Seen>) {
        let mut steps = 0;
        while !self.is_left(&id, &watch) {
            let next = self.progress.next(&id, Until::StepsAfter(steps), LONGEST_WAIT);
            let found = tokio::select! {
                found = next => found,
                () = watch.closed() => continue,
            };
            let seen = Seen::from(found);
            if let (Seen::Failed, 1..) = (&seen, steps) {
                let _left = timeout(RETRY, watch.closed()).await;
                continue;
            }
            steps = seen.steps();
            let last = seen.is_last();
            watch.send_replace(seen);
            if last {
                self.orders().remove(&id);
                return;
            }
        }
    }

    /// Whether no subscriber is left; then the watch is removed before another can join it.
    fn is_left(&self, id: &OrderId, watch: &Sender<Seen>) -> bool {
        let mut orders = self.orders();
        let left = watch.receiver_count() == 0;
        if left {
            orders.remove(id);
        }
        left
    }

    fn orders(&self) -> MutexGuard<'_, HashMap<OrderId, Sender<Seen>>> {
        self.orders.lock().expect("no panic happens while a watch is looked up")
    }
}
