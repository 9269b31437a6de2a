//! On `payments`: turns events of payments into notifications for customers.

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
    notify(Topic::Payments, NAME, orders, publisher, notifications::of_payment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::domain::PaymentId;
    use shared::domain::event::{CloudEvent, PaymentCharged};
    use shared::domain::payment::Owner;
    use shared::testing::fakes::{FakeBroker, FakeDocuments};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, notified};

    const ROUTE: &str = "POST /events/payments";

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeDocuments::default(), FakeBroker::default()), &[], &[ROUTE]).await;
    }

    #[tokio::test]
    async fn the_customer_gets_a_receipt() {
        let order_id = placed_order().order_id;
        let payment_id = PaymentId::of(&order_id);
        let (amount, by) = (euro(5), Owner::Order);
        let charged = PaymentCharged { payment_id, order_id, amount, by };
        assert_eq!(notified(app, ROUTE, &CloudEvent::of(&charged, at(0))).await, "receipt");
    }
}
