//! The events of orders: each reports one step, as the order's document has it.
//!
//! An event is published after what it reports has been written, always under the same id and with the
//! same time. So it may be published again at any time, and reports nothing that was not written.

use crate::domain::event::{
    CloudEvent, Event, Line, OrderCancelled, OrderCompleted, OrderCreated, OrderPaid,
    OrderRefunded, OrderReserved, OrderShipped, OrderStuck,
};
use crate::domain::order::{Order, OrderRefund};
use crate::domain::saga::{Outcome, Step};
use crate::domain::{CustomerId, OrderId};
use crate::ports::{Publisher, Result};
use jiff::Timestamp;

/// Publishes the event of `step`, if it has one, as the document of `order` says.
///
/// # Errors
/// When the broker fails.
pub(super) async fn publish(publisher: &impl Publisher, order: &Order, step: Step) -> Result<()> {
    match step {
        Step::Create => created(publisher, order).await,
        Step::Reserve => reserved(publisher, order).await,
        Step::Pay => paid(publisher, order).await,
        Step::Ship => shipped(publisher, order).await,
        Step::Complete | Step::Close => ended(publisher, order).await,
        Step::CancelShipment | Step::RefundPayment | Step::ReleaseStock => Ok(()),
    }
}

async fn created(publisher: &impl Publisher, order: &Order) -> Result<()> {
    let (order_id, customer_id) = about(order);
    let items = Line::all(&order.placed.order.items);
    publisher
        .publish_event(&OrderCreated { order_id, customer_id, items }, order.placed.created_at)
        .await
}

async fn reserved(publisher: &impl Publisher, order: &Order) -> Result<()> {
    let (Some(total), at) = (order.total, done_at(order, Step::Reserve)) else { return Ok(()) };
    let (order_id, customer_id) = about(order);
    publisher.publish_event(&OrderReserved { order_id, customer_id, total }, at).await
}

async fn paid(publisher: &impl Publisher, order: &Order) -> Result<()> {
    let (Some(payment_id), at) = (order.payment_id.clone(), done_at(order, Step::Pay)) else {
        return Ok(());
    };
    let (order_id, customer_id) = about(order);
    publisher.publish_event(&OrderPaid { order_id, customer_id, payment_id }, at).await
}

async fn shipped(publisher: &impl Publisher, order: &Order) -> Result<()> {
    let (Some(tracking_id), at) = (order.tracking_id.clone(), done_at(order, Step::Ship)) else {
        return Ok(());
    };
    let (order_id, customer_id) = about(order);
    publisher.publish_event(&OrderShipped { order_id, customer_id, tracking_id }, at).await
}

async fn ended(publisher: &impl Publisher, order: &Order) -> Result<()> {
    let ((order_id, customer_id), at) = (about(order), order.updated_at);
    match order.outcome.clone() {
        None => Ok(()),
        Some(Outcome::Fulfilled) => {
            let total = order.total.expect("a completed order was reserved, and has a total");
            publisher.publish_event(&OrderCompleted { order_id, customer_id, total }, at).await
        }
        Some(Outcome::Cancelled { cause }) => {
            // An earlier version recorded no sum: it refunded what it had recorded as charged.
            let refunded = order.given_back.or(order.payment_id.as_ref().and(order.total));
            publisher
                .publish_event(&OrderCancelled { order_id, customer_id, cause, refunded }, at)
                .await
        }
        Some(Outcome::Stuck { cause, left }) => {
            publisher.publish_event(&OrderStuck { order_id, customer_id, cause, left }, at).await
        }
    }
}

/// Publishes that `refund` of `order` has succeeded, under an id of its own.
///
/// # Errors
/// When the broker fails.
pub(super) async fn refunded(
    publisher: &impl Publisher,
    order: &Order,
    refund: &OrderRefund,
) -> Result<()> {
    let (order_id, customer_id) = about(order);
    let OrderRefund { refund_id, amount, updated_at, .. } = refund.clone();
    let id = format!("{order_id}.{refund_id}.{}", OrderRefunded::TYPE);
    let event = OrderRefunded { order_id, customer_id, refund_id, amount };
    let event = CloudEvent::named(id, &event, updated_at);
    publisher.publish(OrderRefunded::TOPIC.name(), &event).await
}

fn about(order: &Order) -> (OrderId, CustomerId) {
    (order.placed.order_id.clone(), order.placed.order.customer_id.clone())
}

fn done_at(order: &Order, step: Step) -> Timestamp {
    let done = order.steps.iter().find(|done| done.step == step);
    done.map_or(order.updated_at, |done| done.at)
}
