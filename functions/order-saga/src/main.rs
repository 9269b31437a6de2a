//! Hosts the order saga: its workflow, its activities, and the routes by which others start and find it.
//! What staff do with orders is served here too.

use axum::Router;
use shared::host::{self, RESERVATION, Service, SystemClock, UNDO_TRIES};
use shared::http::{sagas, staff};
use shared::ports::{OrderRefunds, Sagas};
use shared::sidecar::worker::Worker;
use shared::sidecar::workflow::Patience;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let (reservation_ttl, undo_tries) = (setup.read(&RESERVATION)?, setup.read(&UNDO_TRIES)?);
        let patience = Patience { reservation_ttl, undo_tries };
        let worker = Worker::new(setup.sidecar(), &SystemClock, patience);
        let app = app(worker.dispatcher(), setup.sidecar().order_refunds(&SystemClock));
        Ok(Service::from(app).with_worker(|stop| worker.run(stop)))
    })
    .await
}

fn app<S: Sagas>(orders: S, refunds: impl OrderRefunds) -> Router {
    sagas::routes(orders.clone()).merge(staff::orders(orders, refunds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::PaymentId;
    use shared::domain::order::{Order, Progress};
    use shared::domain::saga::Outcome;
    use shared::ports::Documents;
    use shared::testing::fakes::{FakeDocuments, FakeSagas, fake_refunds};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send, send_with};

    fn shop(sagas: FakeSagas) -> Router {
        app(sagas, fake_refunds(&FakeDocuments::default()))
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(
            app(FakeSagas::default(), fake_refunds(&FakeDocuments::default())),
            &["PUT /sagas/a", "POST /api/orders/a/refunds"],
            &["GET /sagas/a", "POST /api/orders/a/resume"],
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
        let unknown = send(shop(sagas.clone()), &path, &Value::Null).await;
        assert_eq!((unknown.0.as_u16(), &unknown.1["code"]), (404, &json!("unknown-order")));
        sagas.start(&placed).await.unwrap();
        assert_eq!(send(shop(sagas), &path, &Value::Null).await.0, 202);
    }

    #[tokio::test]
    async fn an_order_that_has_ended_is_refunded_under_a_key() {
        let (orders, placed) = (FakeDocuments::default(), placed_order());
        let (id, app) = (&placed.order_id, app(FakeSagas::default(), fake_refunds(&orders)));
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
        order.note(&Progress::Reserved { total: euro(700) }, at(1));
        order.note(&Progress::Paid { payment_id: PaymentId::of(id) }, at(1));
        let write = async |order: &Order| {
            orders.update(id, |_| (order.clone(), ())).await.unwrap();
        };
        write(&order).await;
        let (status, problem) = refund(json!({})).await;
        assert_eq!((status, &problem["code"]), (409, &json!("order-not-ended")));
        order.note(&Progress::Ended(Outcome::Fulfilled), at(1));
        write(&order).await;
        let part = json!({"amount": euro(300), "reason": "broken"});
        for _ in 0..2 {
            let (status, made) = refund(part.clone()).await;
            assert_eq!((status, &made["status"]), (201, &json!("succeeded")));
            assert_eq!((&made["amount"], &made["reason"]), (&part["amount"], &part["reason"]));
        }
        let (status, problem) = refund(json!({})).await;
        assert_eq!((status, &problem["code"]), (422, &json!("key-reused")));
        let (status, problem) = refund(json!({"amount": euro(0)})).await;
        assert_eq!((status, &problem["code"]), (422, &json!("key-reused")), "the key is another's");
    }

    #[tokio::test]
    async fn an_order_is_started_under_its_own_id() {
        let (status, problem) =
            send(shop(FakeSagas::default()), "PUT /sagas/a", &json!(placed_order())).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("order_id")));
    }
}
