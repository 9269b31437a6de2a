//! Waits for the progress of orders.

use super::PortFuture;
use crate::domain::OrderId;
use crate::domain::order::Order;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest wait.
pub const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// The condition of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The order has more steps than these, or has ended finally.
    StepsAfter(usize),
    /// Its saga has ended; the order may be stuck.
    Ended,
}

impl Until {
    /// Whether `order` meets the condition.
    #[must_use]
    pub fn holds(self, order: &Order) -> bool {
        match self {
            Self::StepsAfter(seen) => order.steps.len() > seen || order.status.is_final(),
            Self::Ended => order.outcome.is_some(),
        }
    }
}

/// The progress of orders.
pub trait Progress: Clone + Send + Sync + 'static {
    /// The order as soon as `until` holds, or in its current state after `wait`, at most
    /// [`LONGEST_WAIT`]. None if the order does not exist.
    fn next(&self, order: &OrderId, until: Until, wait: Duration)
    -> impl PortFuture<Option<Order>>;
}
