//! Orders on their way, for those who wait for them.

use super::PortFuture;
use crate::domain::OrderId;
use crate::domain::order::Order;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest that one wait may be.
pub const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Until {
    /// The order has more steps than these, or has ended for good.
    StepsAfter(usize),
    /// Its saga has ended, if only for now: it may be stuck.
    Ended,
}

impl Until {
    /// Whether `order` is as it was waited for.
    #[must_use]
    pub fn holds(self, order: &Order) -> bool {
        match self {
            Self::StepsAfter(seen) => order.steps.len() > seen || order.status.is_final(),
            Self::Ended => order.outcome.is_some(),
        }
    }
}

/// Who knows how far orders have come.
pub trait Progress: Clone + Send + Sync + 'static {
    /// The order as soon as `until` holds; as it is, once `wait` is over, at most
    /// [`LONGEST_WAIT`]. None, when there is no such
    /// order.
    fn next(&self, order: &OrderId, until: Until, wait: Duration)
    -> impl PortFuture<Option<Order>>;
}
