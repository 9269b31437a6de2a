//! Refunds by staff of orders that have ended.

use super::PortFuture;
use crate::domain::OrderId;
use crate::domain::order::{NewOrderRefund, Order, OrderRefund, RefundRejection};
use jiff::SignedDuration;

/// The refund as it stands, or why there is none.
pub type RefundAnswer = Result<OrderRefund, RefundRejection>;

/// Gives back what was paid for orders that have ended.
pub trait OrderRefunds: Clone + Send + Sync + 'static {
    /// Gives back what staff `ask` for, under a key of theirs: the same key again is the same refund,
    /// which comes as much further as it can; one that had succeeded is looked at again, as the provider
    /// may have taken it back.
    ///
    /// Failed: when a store, the payments or the broker cannot be reached. Then the refund may be
    /// under way, and is brought to its end.
    fn refund(
        &self,
        order: &OrderId,
        key: &str,
        ask: &NewOrderRefund,
    ) -> impl PortFuture<RefundAnswer>;

    /// Brings the open refunds of `order` as far as they come, and looks again at those that
    /// succeeded; the answer is after how long to do so once more, if ever.
    fn settle(&self, order: &Order) -> impl PortFuture<Option<SignedDuration>>;
}
