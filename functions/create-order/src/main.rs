//! `POST /api/orders`: accepts an order by starting its saga.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use shared::domain::OrderId;
use shared::domain::placing::PlacedOrder;
use shared::host::{self, SystemClock};
use shared::http::orders::OrderRequest;
use shared::http::views::Accepted;
use shared::http::{CalledBy, IdempotencyKey, Json, Problem, Result};
use shared::ports::{Clock, Sagas};
use std::process::ExitCode;
use uuid::Uuid;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar().sagas(), SystemClock))).await
}

fn app<S: Sagas, C: Clock>(sagas: S, clock: C) -> Router {
    Router::new().route("/api/orders", post(create::<S, C>)).with_state((sagas, clock))
}

async fn create<S: Sagas, C: Clock>(
    State((sagas, clock)): State<(S, C)>,
    IdempotencyKey(key): IdempotencyKey,
    caller: CalledBy,
    Json(order): Json<OrderRequest>,
) -> Result<Accepted> {
    let order = order.placed_by(&caller)?;
    let fresh = || Uuid::now_v7().into();
    let order_id = key.map_or_else(fresh, |key| OrderId::for_key(&order.customer_id, &key));
    let placed = PlacedOrder { order_id, created_at: clock.now(), order };
    let unclear = |error| Problem::not_accepted(&placed.order_id, error);
    let accepted = sagas.start(&placed).await.map_err(unclear)?;
    let same = accepted.order == placed.order;
    same.then_some(Accepted(accepted)).ok_or_else(Problem::key_reused)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use serde_json::{Value, json};
    use shared::ports::{Failure, Result};
    use shared::testing::fakes::{FakeClock, FakeSagas};
    use shared::testing::orders::{at, new_order_json};
    use shared::testing::{conforms, send, send_with};

    async fn place(app: &Router, key: &str, order: &Value) -> (StatusCode, Value) {
        send_with(app.clone(), "POST /api/orders", &[("idempotency-key", key)], order).await
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeSagas::default(), FakeClock(at(0))), &["POST /api/orders"], &[]).await;
    }

    #[tokio::test]
    async fn an_order_is_accepted_as_pending() {
        let app = app(FakeSagas::default(), FakeClock(at(0)));
        let (status, order) = send(app.clone(), "POST /api/orders", &new_order_json()).await;
        assert_eq!((status, &order["status"]), (StatusCode::ACCEPTED, &json!("pending")));
        let (_, other) = send(app, "POST /api/orders", &new_order_json()).await;
        assert_ne!(order["order_id"], other["order_id"]);
    }

    #[derive(Clone)]
    struct LostSagas;

    impl Sagas for LostSagas {
        async fn start(&self, _: &PlacedOrder) -> Result<PlacedOrder> {
            Err(Failure::new("order-saga", "be invoked", "it took too long").into())
        }

        async fn find(&self, _: &OrderId) -> Result<Option<PlacedOrder>> {
            Ok(None)
        }

        async fn resume(&self, _: &OrderId) -> Result<Option<bool>> {
            Ok(None)
        }
    }

    #[tokio::test]
    async fn an_answer_names_the_order_when_its_acceptance_is_uncertain() {
        let app = app(LostSagas, FakeClock(at(0)));
        let (status, problem) = place(&app, "k-1", &new_order_json()).await;
        let (again, repeated) = place(&app, "k-1", &new_order_json()).await;
        assert_eq!((status.as_u16(), again.as_u16()), (503, 503));
        let id = problem["order_id"].as_str().unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(id), "{problem}");
        assert_eq!(repeated["order_id"], id);
    }

    #[tokio::test]
    async fn the_same_key_gives_the_same_order_and_another_key_another() {
        let app = app(FakeSagas::default(), FakeClock(at(0)));
        let first = place(&app, "k-1", &new_order_json()).await;
        assert_eq!(place(&app, "k-1", &new_order_json()).await, first);
        let mut other = new_order_json();
        other["items"][0]["quantity"] = json!(7);
        let (status, problem) = place(&app, "k-1", &other).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("key-reused")));
        let (_, another) = place(&app, "k-2", &other).await;
        assert_ne!(another["order_id"], first.1["order_id"]);
    }

    #[tokio::test]
    async fn a_key_is_sent_once() {
        let twice = [("idempotency-key", "a"), ("idempotency-key", "b")];
        let app = app(FakeSagas::default(), FakeClock(at(0)));
        let (status, _) = send_with(app, "POST /api/orders", &twice, &new_order_json()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[tokio::test]
    async fn a_key_consists_of_visible_ascii() {
        let app = app(FakeSagas::default(), FakeClock(at(0)));
        for key in ["", "a b", &"k".repeat(256)] {
            let (status, problem) = place(&app, key, &new_order_json()).await;
            assert_eq!(
                (status.as_u16(), &problem["field"]),
                (422, &json!("Idempotency-Key")),
                "{key:?}"
            );
        }
    }
}
