//! Lists of orders.

use super::{Orders, PortFuture, document};
use crate::domain::OrderId;
use crate::domain::order::{Order, OrderPage, OrderQuery};

/// The orders, newest first, by customer and by status.
pub trait OrderList: Clone + Send + Sync + 'static {
    /// Lists the current state of `order`. Repeated or late, it changes nothing.
    ///
    /// Failed: when the store fails, or has too many orders of the same period.
    fn put(&self, order: &Order) -> impl PortFuture<()>;

    /// Lists the order `id` as its document among `orders` says; returns whether there is one.
    ///
    /// Failed: as [`put`](Self::put).
    fn relist(&self, orders: &impl Orders, id: &OrderId) -> impl PortFuture<bool> {
        async move {
            match document(orders, id).await? {
                Some(order) => self.put(&order).await.map(|()| true),
                None => Ok(false),
            }
        }
    }

    /// A page of a list. It has fewer orders than the query's limit at the end of the list, and when
    /// many were read that do not match.
    ///
    /// Failed: when the store fails.
    fn page(&self, query: &OrderQuery) -> impl PortFuture<OrderPage>;
}
