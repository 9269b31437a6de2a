//! Orders cancelled on request.

use super::PortFuture;
use crate::domain::OrderId;
use crate::domain::caller::Caller;
use crate::domain::order::{CancelRejection, NewCancellation, Order};

/// The order, which is cancelled or will be, or the reason why not.
pub type CancelAnswer = Result<Order, CancelRejection>;

/// Cancels orders on request.
pub trait Cancellations: Clone + Send + Sync + 'static {
    /// Ensures that `order` ends as cancelled, if it has not been shipped. Repeated, it changes nothing.
    ///
    /// Failed: when a store or the sagas cannot be reached.
    fn cancel(
        &self,
        order: &OrderId,
        caller: Option<&Caller>,
        ask: NewCancellation,
    ) -> impl PortFuture<CancelAnswer>;
}
