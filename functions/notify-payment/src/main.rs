//! On `payments`: turns events of payments into notifications for customers.

use axum::Router;
use shared::domain::event::{CloudEvent, Topic};
use shared::host;
use shared::operations::notifications;
use shared::ports::{Orders, Publisher};
use shared::sidecar::delivery::{DeliveryError, on};
use std::process::ExitCode;

const NAME: &str = env!("CARGO_PKG_NAME");

#[tokio::main]
async fn main() -> ExitCode {
    host::run(NAME, |setup| Ok(app(setup.sidecar().orders(), setup.sidecar().publisher()))).await
}

fn app<O: Orders, P: Publisher>(orders: O, publisher: P) -> Router {
    on(Topic::Payments, NAME, publisher.clone(), move |event: CloudEvent| {
        let (orders, publisher) = (orders.clone(), publisher.clone());
        async move {
            let notice = notifications::of_payment(&event)?;
            Ok::<_, DeliveryError>(
                notifications::request(&orders, &publisher, &event, notice).await?,
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::domain::PaymentId;
    use shared::domain::event::PaymentCharged;
    use shared::domain::order::Order;
    use shared::domain::payment::Owner;
    use shared::ports::Documents;
    use shared::testing::fakes::{FakeBroker, FakeDocuments};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        let app = app(FakeDocuments::default(), FakeBroker::default());
        conforms(app, &[], &["POST /events/payments"]).await;
    }

    #[tokio::test]
    async fn the_customer_gets_a_receipt() {
        let (orders, broker, placed) =
            (FakeDocuments::default(), FakeBroker::default(), placed_order());
        orders.save(&placed.order_id, &Order::new(placed.clone()), None).await.unwrap();
        let (payment_id, order_id) = (PaymentId::of(&placed.order_id), placed.order_id);
        let (amount, by) = (euro(5), Owner::Order);
        let charged = PaymentCharged { payment_id, order_id, amount, by };
        let event = CloudEvent::of(&charged, at(0));
        let (_, verdict) =
            send(app(orders, broker.clone()), "POST /events/payments", &json!(event)).await;
        assert_eq!(verdict["status"], "SUCCESS");
        let (topic, asked) = broker.published().remove(0);
        assert_eq!(
            (topic.as_str(), &asked["data"]["notice"]["about"]),
            ("notifications", &json!("receipt"))
        );
    }
}
