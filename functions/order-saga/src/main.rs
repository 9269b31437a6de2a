//! Hosts the order saga: its workflow, its activities, and the routes by which others start and find it.
//! Resuming, refunding and cancelling orders is served here too.

use axum::Router;
use shared::host::{self, PAYMENT_SWEEP, RESERVATION, Service, SystemClock, UNDO_TRIES};
use shared::http::{cancellations, sagas, staff};
use shared::ports::{Cancellations, OrderRefunds, Progress, Sagas};
use shared::sidecar::worker::Worker;
use shared::sidecar::workflow::RetryLimits;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let (reservation_ttl, undo_tries) = (setup.read(&RESERVATION)?, setup.read(&UNDO_TRIES)?);
        let retries = RetryLimits { reservation_ttl, undo_tries };
        let payments_every = setup.read(&PAYMENT_SWEEP)?;
        let worker = Worker::new(setup.sidecar(), &SystemClock, retries, payments_every);
        let refunds = setup.sidecar().order_refunds(&SystemClock);
        let app = app(worker.dispatcher(), worker.progress(), refunds, worker.cancellations());
        Ok(Service::from(app).with_worker(|stop| worker.run(stop)))
    })
    .await
}

fn app(
    orders: impl Sagas,
    progress: impl Progress,
    refunds: impl OrderRefunds,
    cancellations: impl Cancellations,
) -> Router {
    let cancel = cancellations::routes(cancellations);
    let sagas = sagas::routes(orders.clone(), progress);
    sagas.merge(staff::orders(orders, refunds)).merge(cancel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Extension;
    use serde_json::{Value, json};
    use shared::domain::order::{Order, Progress as Noted};
    use shared::domain::saga::{Cause, Outcome, Step, Stop};
    use shared::domain::{OrderId, PaymentId};
    use shared::http::caller::FromSidecar;
    use shared::operations::cancellations::CancellationService;
    use shared::ports::Documents;
    use shared::testing::fakes::{FakeClock, FakeDocuments, FakeProgress, FakeSagas, fake_refunds};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send, send_with};

    fn shop(sagas: FakeSagas) -> Router {
        with(&FakeDocuments::default(), sagas)
    }

    fn with(orders: &FakeDocuments<OrderId, Order>, sagas: FakeSagas) -> Router {
        waiting(orders, sagas, FakeProgress::default())
    }

    fn waiting(
        orders: &FakeDocuments<OrderId, Order>,
        sagas: FakeSagas,
        progress: FakeProgress,
    ) -> Router {
        let (clock, found) = (FakeClock(at(9)), sagas.clone());
        let cancel = CancellationService { orders: orders.clone(), sagas: found, clock };
        app(sagas, progress, fake_refunds(orders), cancel)
    }
    #[tokio::test]
    async fn a_caller_that_waits_for_an_order_gets_its_document() {
        let progress = FakeProgress::default();
        let id = progress.note(&[Noted::Reserved { total: euro(5) }]);
        let app = waiting(&FakeDocuments::default(), FakeSagas::default(), progress);
        let wait = json!({"until": {"steps-after": 1}, "millis": 1000, "later": true});
        let route = |id| format!("POST /sagas/{id}/progress");
        let (status, order) = send(app.clone(), &route(id.as_str()), &wait).await;
        assert_eq!((status.as_u16(), &order["status"]), (200, &json!("reserved")));
        assert_eq!(send(app, &route("nobody"), &wait).await.0, 404);
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(
            shop(FakeSagas::default()),
            &[
                "PUT /sagas/a",
                "POST /sagas/a/progress",
                "POST /api/orders/a/refunds",
                "POST /api/orders/a/cancel",
                "POST /api/orders/a/resume",
            ],
            &["GET /sagas/a"],
        )
        .await;
    }

    #[tokio::test]
    async fn an_order_that_was_started_is_found() {
        let (app, placed) = (shop(FakeSagas::default()), placed_order());
        let path = format!("/sagas/{}", placed.order_id);
        assert_eq!(send(app.clone(), &format!("GET {path}"), &Value::Null).await.0, 404);
        assert_eq!(send(app.clone(), &format!("PUT {path}"), &json!(placed)).await.0, 200);
        assert_eq!(send(app, &format!("GET {path}"), &Value::Null).await.1, json!(placed));
    }

    #[tokio::test]
    async fn an_order_is_resumed_if_there_is_one() {
        let (sagas, placed) = (FakeSagas::default(), placed_order());
        let path = format!("POST /api/orders/{}/resume", placed.order_id);
        let unknown = send(shop(sagas.clone()), &path, &json!({})).await;
        assert_eq!((unknown.0.as_u16(), &unknown.1["code"]), (404, &json!("unknown-order")));
        sagas.start(&placed).await.unwrap();
        let app = shop(sagas);
        assert_eq!(send(app.clone(), &path, &json!({})).await.0, 202);
        assert_eq!(
            send(app.clone(), &path, &json!({"reason": "the key is valid again"})).await.0,
            202
        );
        let (status, problem) = send(app, &path, &json!({"reason": "x".repeat(201)})).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("reason")));
    }

    #[tokio::test]
    async fn an_order_that_has_ended_is_refunded_under_a_key() {
        let (orders, placed) = (FakeDocuments::default(), placed_order());
        let (id, app) = (&placed.order_id, with(&orders, FakeSagas::default()));
        let route = format!("POST /api/orders/{id}/refunds");
        let refund = async |body: Value| {
            let (status, body) =
                send_with(app.clone(), &route, &[("idempotency-key", "k")], &body).await;
            (status.as_u16(), body)
        };
        let (status, problem) = send(app.clone(), &route, &json!({})).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("Idempotency-Key")));
        assert_eq!(refund(json!({})).await.1["code"], "unknown-order");
        let mut order = Order::new(placed.clone());
        order.note(&Noted::Reserved { total: euro(700) }, at(1));
        order.note(&Noted::Paid { payment_id: PaymentId::of(id) }, at(1));
        let write = async |order: &Order| {
            orders.update(id, |_| (order.clone(), ())).await.unwrap();
        };
        write(&order).await;
        let (status, problem) = refund(json!({})).await;
        assert_eq!((status, &problem["code"]), (409, &json!("order-not-ended")));
        order.note(&Noted::Ended(Outcome::Fulfilled), at(1));
        write(&order).await;
        let part = json!({"amount": euro(300), "reason": "broken"});
        for _ in 0..2 {
            let (status, made) = refund(part.clone()).await;
            assert_eq!((status, &made["status"]), (201, &json!("succeeded")));
            assert_eq!((&made["amount"], &made["reason"]), (&part["amount"], &part["reason"]));
        }
        let named = [("idempotency-key", "other"), ("shop-caller", "sam orders.admin")];
        let (_, made) =
            send_with(app.clone().layer(Extension(FromSidecar)), &route, &named, &part).await;
        assert_eq!(made["by"], "sam");
        let (status, problem) = refund(json!({})).await;
        assert_eq!((status, &problem["code"]), (422, &json!("key-reused")));
        let (status, problem) = refund(json!({"amount": euro(0)})).await;
        assert_eq!((status, &problem["code"]), (422, &json!("key-reused")), "the key is another's");
    }

    #[tokio::test]
    async fn an_order_is_cancelled_until_it_is_shipped() {
        let (orders, sagas, placed) =
            (FakeDocuments::default(), FakeSagas::default(), placed_order());
        sagas.start(&placed).await.unwrap();
        let called = with(&orders, sagas).layer(Extension(FromSidecar));
        let route = format!("POST /api/orders/{}/cancel", placed.order_id);
        let cancel = async |caller: &str, body: Value| {
            let headers = [("shop-caller", caller)];
            let (status, body) = send_with(called.clone(), &route, &headers, &body).await;
            (status.as_u16(), body)
        };
        let write = async |progress: Noted| {
            let note = |found: Option<Order>| {
                let mut order = found.unwrap_or_else(|| Order::new(placed.clone()));
                order.note(&progress, at(10));
                (order, ())
            };
            orders.update(&placed.order_id, note).await.unwrap();
        };
        assert_eq!(cancel("eve orders", json!({})).await.1["code"], "unknown-order");
        let long = json!({"reason": "x".repeat(201)});
        assert_eq!(cancel("ann orders", long).await.1["field"], "reason");
        let (status, shown) = cancel("ann orders", json!({"reason": "too late"})).await;
        assert_eq!((status, &shown["status"]), (202, &json!("pending")));
        let asked = json!({"by": "customer", "reason": "too late", "at": "2027-01-15T08:00:09Z"});
        assert_eq!(shown["cancellation"], asked);
        assert_eq!(cancel("bob orders.admin", json!({})).await.1["cancellation"], asked);
        let cause = Cause { step: Step::Pay, stop: Stop::Failed };
        write(Noted::Ended(Outcome::Cancelled { cause })).await;
        assert_eq!(cancel("ann orders", json!({})).await.0, 200);
        let mut order = Order::new(placed.clone());
        order.note(&Noted::Ended(Outcome::Fulfilled), at(10));
        orders.update(&placed.order_id, |_| (order.clone(), ())).await.unwrap();
        let (status, problem) = cancel("ann orders", json!({})).await;
        assert_eq!((status, &problem["code"]), (409, &json!("order-shipped")));
    }

    #[tokio::test]
    async fn an_order_is_started_under_its_own_id() {
        let (status, problem) =
            send(shop(FakeSagas::default()), "PUT /sagas/a", &json!(placed_order())).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("order_id")));
    }
}
