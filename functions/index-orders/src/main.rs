//! On `orders`: keeps the lists of orders.

use axum::Router;
use shared::domain::event::{CloudEvent, Topic};
use shared::host;
use shared::operations::order_index;
use shared::ports::{OrderList, Orders, Publisher};
use shared::sidecar::delivery::on;
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(NAME, |setup| {
        let sidecar = setup.sidecar();
        Ok(app(sidecar.orders(), sidecar.order_list(), sidecar.publisher()))
    })
    .await
}

fn app<O: Orders, L: OrderList>(orders: O, list: L, publisher: impl Publisher) -> Router {
    on(Topic::Orders, NAME, publisher, move |event: CloudEvent| {
        let (orders, list) = (orders.clone(), list.clone());
        async move { Ok(order_index::take(&orders, &list, &event).await?) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::domain::TrackingId;
    use shared::domain::event::OrderShipped;
    use shared::domain::order::{Order, OrderQuery, Progress, Status};
    use shared::operations::order_index::OrderIndex;
    use shared::ports::Documents;
    use shared::testing::fakes::{FakeBroker, FakeDocuments};
    use shared::testing::orders::{at, placed_order};
    use shared::testing::{conforms, send};

    fn list() -> impl OrderList {
        OrderIndex { pages: FakeDocuments::default(), directories: FakeDocuments::default() }
    }

    #[tokio::test]
    async fn it_conforms() {
        let app = app(FakeDocuments::default(), list(), FakeBroker::default());
        conforms(app, &[], &["POST /events/orders"]).await;
    }

    #[tokio::test]
    async fn an_order_is_listed_as_its_document_says() {
        let (orders, list, placed) = (FakeDocuments::default(), list(), placed_order());
        let app = app(orders.clone(), list.clone(), FakeBroker::default());
        let tracking_id = TrackingId::of(&placed.order_id);
        let (order_id, customer_id) = (placed.order_id.clone(), placed.order.customer_id.clone());
        let event = OrderShipped { order_id, customer_id, tracking_id: tracking_id.clone() };
        let event = json!(CloudEvent::of(&event, at(1)));
        let query = OrderQuery { customer: None, status: None, after: None, limit: 9 };
        let listed = async || list.page(&query).await.unwrap().orders;
        assert_eq!(send(app.clone(), "POST /events/orders", &event).await.1["status"], "SUCCESS");
        assert!(listed().await.is_empty());
        let mut order = Order::new(placed.clone());
        orders.save(&placed.order_id, &order, None).await.unwrap();
        assert_eq!(send(app.clone(), "POST /events/orders", &event).await.1["status"], "SUCCESS");
        assert_eq!(listed().await[0].status, Status::Pending);
        order.note(&Progress::Shipped { tracking_id }, at(1));
        orders.update(&placed.order_id, |_| (order.clone(), ())).await.unwrap();
        assert_eq!(send(app, "POST /events/orders", &event).await.1["status"], "SUCCESS");
        assert_eq!(listed().await[0].status, Status::Shipped);
    }
}
