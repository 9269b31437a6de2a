//! On `orders`: turns events of orders into notifications for customers.

use axum::Router;
use shared::domain::event::Topic;
use shared::host;
use shared::operations::notifications;
use shared::ports::{Orders, Publisher};
use shared::sidecar::notifier::notify;
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(NAME, |setup| Ok(app(setup.sidecar().orders(), setup.sidecar().publisher()))).await
}

fn app<O: Orders, P: Publisher>(orders: O, publisher: P) -> Router {
    notify(Topic::Orders, NAME, orders, publisher, notifications::of_order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::TrackingId;
    use shared::domain::event::{CloudEvent, OrderShipped};
    use shared::testing::fakes::{FakeBroker, FakeDocuments};
    use shared::testing::orders::{at, placed_order};
    use shared::testing::{conforms, notified};

    const ROUTE: &str = "POST /events/orders";

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeDocuments::default(), FakeBroker::default()), &[], &[ROUTE]).await;
    }

    #[tokio::test]
    async fn the_customer_is_notified_of_a_shipped_order() {
        let placed = placed_order();
        let tracking_id = TrackingId::of(&placed.order_id);
        let (order_id, customer_id) = (placed.order_id, placed.order.customer_id);
        let event = CloudEvent::of(&OrderShipped { order_id, customer_id, tracking_id }, at(0));
        assert_eq!(notified(app, ROUTE, &event).await, "order-shipped");
    }
}
