//! What functions notify customers of.

use super::fakes::{FakeBroker, FakeDocuments};
use super::orders::placed_order;
use super::send;
use crate::domain::OrderId;
use crate::domain::event::CloudEvent;
use crate::domain::order::Order;
use crate::ports::Documents;
use axum::Router;
use serde_json::{Value, json};

/// Delivers `event` to the `route` of `app`, with the sample order; returns what the notification is about.
///
/// # Panics
/// When the event is not acknowledged, or no notification is requested.
pub async fn notified(
    app: fn(FakeDocuments<OrderId, Order>, FakeBroker) -> Router,
    route: &str,
    event: &CloudEvent,
) -> Value {
    let (orders, broker, placed) =
        (FakeDocuments::default(), FakeBroker::default(), placed_order());
    let order = Order::new(placed.clone());
    orders.save(&placed.order_id, &order, None).await.expect("a fake does not fail");
    let (_, verdict) = send(app(orders, broker.clone()), route, &json!(event)).await;
    assert_eq!(verdict["status"], "SUCCESS");
    let (topic, requested) = broker.published().remove(0);
    assert_eq!(topic, "notifications");
    requested["data"]["notice"]["about"].clone()
}
