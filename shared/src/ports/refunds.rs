//! Refunds by staff of orders that have ended.

use super::PortFuture;
use crate::domain::OrderId;
use crate::domain::caller::Caller;
use crate::domain::order::{NewOrderRefund, Order, OrderRefund, RefundRejection};
use jiff::SignedDuration;

/// The refund in its current state, or why there is none.
pub type RefundAnswer = Result<OrderRefund, RefundRejection>;

/// Refunds orders that have ended.
pub trait OrderRefunds: Clone + Send + Sync + 'static {
    /// Refunds what staff `ask` for, `caller` one of them, under their idempotency key. Repeated, it continues the same refund;
    /// one that had succeeded is read again from the provider, where it may have failed since.
    ///
    /// Failed: when a store, the payments or the broker cannot be reached. Then the refund may
    /// have started, and will be completed.
    fn refund(
        &self,
        order: &OrderId,
        key: &str,
        caller: Option<&Caller>,
        ask: &NewOrderRefund,
    ) -> impl PortFuture<RefundAnswer>;

    /// Continues the open refunds of `order`, and reads those that had succeeded again; returns the time
    /// until the next such call, if one is needed.
    fn settle(&self, order: &Order) -> impl PortFuture<Option<SignedDuration>>;
}
