//! News of orders: the events that the saga publishes.
//!
//! An event is published after what it tells has been written, and again whenever its step is
//! repeated, always under the same id. A step whose event cannot be published has failed, so no
//! event is lost.

use crate::domain::event::{
    Line, OrderCancelled, OrderCompleted, OrderCreated, OrderPaid, OrderReserved, OrderShipped,
    OrderStuck,
};
use crate::domain::order::{Order, Progress};
use crate::domain::saga::Outcome;
use crate::domain::{CustomerId, OrderId};
use crate::ports::{Publisher, Result};

/// Tells that `order` was accepted.
///
/// # Errors
/// When the broker fails.
pub(super) async fn created(publisher: &impl Publisher, order: &Order) -> Result<()> {
    let (order_id, customer_id) = about(order);
    let items = Line::all(&order.placed.order.items);
    publisher.tell(&OrderCreated { order_id, customer_id, items }, order.placed.created_at).await
}

/// Tells what has just been noted in the document of `order`.
///
/// # Errors
/// When the broker fails.
pub(super) async fn noted(
    publisher: &impl Publisher,
    order: &Order,
    progress: &Progress,
) -> Result<()> {
    let ((order_id, customer_id), at) = (about(order), order.updated_at);
    match progress.clone() {
        Progress::Reserved { total } => {
            publisher.tell(&OrderReserved { order_id, customer_id, total }, at).await
        }
        Progress::Paid { payment_id } => {
            publisher.tell(&OrderPaid { order_id, customer_id, payment_id }, at).await
        }
        Progress::Shipped { tracking_id } => {
            publisher.tell(&OrderShipped { order_id, customer_id, tracking_id }, at).await
        }
        Progress::Ended(outcome) => ended(publisher, order, outcome).await,
        Progress::Stopped(_) | Progress::Undone(_) => Ok(()),
    }
}

async fn ended(publisher: &impl Publisher, order: &Order, outcome: Outcome) -> Result<()> {
    let ((order_id, customer_id), at) = (about(order), order.updated_at);
    match outcome {
        Outcome::Fulfilled => {
            let total = order.total.expect("a completed order was reserved, and has a total");
            publisher.tell(&OrderCompleted { order_id, customer_id, total }, at).await
        }
        Outcome::Cancelled { cause } => {
            let refunded = order.payment_id.as_ref().and(order.total);
            publisher.tell(&OrderCancelled { order_id, customer_id, cause, refunded }, at).await
        }
        Outcome::Stuck { cause, left } => {
            publisher.tell(&OrderStuck { order_id, customer_id, cause, left }, at).await
        }
    }
}

fn about(order: &Order) -> (OrderId, CustomerId) {
    (order.placed.order_id.clone(), order.placed.order.customer_id.clone())
}
