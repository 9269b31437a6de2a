//! `POST /api/orders`: accepts an order by starting its saga; waits for its end if the client prefers that.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use shared::host::{self, Setup, SystemClock};
use shared::http::orders::{OrderRequest, accept};
use shared::http::views::Accepted;
use shared::http::{CalledBy, IdempotencyKey, Json, Prefer, Result};
use shared::ports::{Clock, Progress, Sagas};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let sagas = |setup: &Setup| setup.sidecar().sagas();
    let build = |setup: &Setup| Ok(app(sagas(setup), sagas(setup), SystemClock));
    host::run(env!("CARGO_PKG_NAME"), build).await
}

fn app<S: Sagas, P: Progress, C: Clock>(sagas: S, progress: P, clock: C) -> Router {
    let create = post(create::<S, P, C>);
    Router::new().route("/api/orders", create).with_state((sagas, progress, clock))
}

async fn create<S: Sagas, P: Progress, C: Clock>(
    State((sagas, progress, clock)): State<(S, P, C)>,
    key: IdempotencyKey,
    caller: CalledBy,
    prefer: Prefer,
    Json(order): Json<OrderRequest>,
) -> Result<Response> {
    let order = accept(&sagas, &clock, key, order.placed_by(&caller)?).await?;
    let order = prefer.until_ended(&progress, order).await;
    Ok(prefer.applied_to(Accepted(order)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use serde_json::{Value, json};
    use shared::domain::OrderId;
    use shared::domain::caller::Caller;
    use shared::domain::order::{NewResumption, Progress as Noted};
    use shared::domain::placing::PlacedOrder;
    use shared::domain::saga::Outcome;
    use shared::ports::{Failure, Result};
    use shared::testing::fakes::{FakeClock, FakeProgress, FakeSagas};
    use shared::testing::orders::{at, euro, new_order_json};
    use shared::testing::{conforms, send, send_with};

    fn shop() -> Router {
        waiting(FakeProgress::default())
    }

    fn waiting(progress: FakeProgress) -> Router {
        app(FakeSagas::default(), progress, FakeClock(at(0)))
    }

    async fn place(app: &Router, key: &str, order: &Value) -> (StatusCode, Value) {
        send_with(app.clone(), "POST /api/orders", &[("idempotency-key", key)], order).await
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(shop(), &["POST /api/orders"], &[]).await;
    }

    #[tokio::test]
    async fn an_order_is_accepted_as_pending() {
        let app = shop();
        let (status, order) = send(app.clone(), "POST /api/orders", &new_order_json()).await;
        assert_eq!((status, &order["status"]), (StatusCode::ACCEPTED, &json!("pending")));
        let (_, other) = send(app, "POST /api/orders", &new_order_json()).await;
        assert_ne!(order["order_id"], other["order_id"]);
    }

    #[tokio::test]
    async fn a_client_that_prefers_to_wait_gets_the_ended_order() {
        let progress = FakeProgress::default();
        let order = progress.note(&[Noted::Reserved { total: euro(5) }]);
        let wait = async |wait| {
            // The key of the sample order.
            let headers = [("idempotency-key", "sample"), ("prefer", wait)];
            let app = waiting(progress.clone());
            send_with(app, "POST /api/orders", &headers, &new_order_json()).await
        };
        let (status, unfinished) = wait("wait=0").await;
        assert_eq!((status.as_u16(), &unfinished["status"]), (202, &json!("pending")));
        assert_eq!(progress.note(&[Noted::Ended(Outcome::Fulfilled)]), order);
        let (status, ended) = wait("wait=5").await;
        assert_eq!((status.as_u16(), &ended["status"]), (201, &json!("completed")));
        assert_eq!(ended["order_id"], order.as_str());
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_that_takes_longer_is_returned_in_its_current_state() {
        let progress = FakeProgress::default();
        let _order = progress.note(&[Noted::Reserved { total: euro(5) }]);
        let headers = [("idempotency-key", "sample"), ("prefer", "wait=2")];
        let place = async || {
            let app = waiting(progress.clone());
            send_with(app, "POST /api/orders", &headers, &new_order_json()).await
        };
        let (status, order) = place().await;
        assert_eq!((status.as_u16(), &order["status"]), (202, &json!("reserved")));
        progress.fail_next();
        let (status, order) = place().await;
        assert_eq!((status.as_u16(), &order["status"]), (202, &json!("pending")));
    }

    /// Sagas of which every start ends alike.
    #[derive(Clone)]
    struct FakeStarts(fn() -> Result<Option<PlacedOrder>>);

    impl Sagas for FakeStarts {
        async fn start(&self, _: &PlacedOrder) -> Result<Option<PlacedOrder>> {
            (self.0)()
        }

        async fn find(&self, _: &OrderId) -> Result<Option<PlacedOrder>> {
            Ok(None)
        }

        async fn resume(
            &self,
            _: &OrderId,
            _: Option<&Caller>,
            _: &NewResumption,
        ) -> Result<Option<bool>> {
            Ok(None)
        }
    }

    #[tokio::test]
    async fn a_response_names_the_order_when_its_acceptance_is_uncertain() {
        let app = app(
            FakeStarts(|| Err(Failure::new("order-saga", "be invoked", "it took too long").into())),
            FakeProgress::default(),
            FakeClock(at(0)),
        );
        let (status, problem) = place(&app, "k-1", &new_order_json()).await;
        let (again, repeated) = place(&app, "k-1", &new_order_json()).await;
        assert_eq!((status.as_u16(), again.as_u16()), (503, 503));
        let id = problem["order_id"].as_str().unwrap();
        assert!(problem["detail"].as_str().unwrap().contains(id), "{problem}");
        assert_eq!(repeated["order_id"], id);
    }

    #[tokio::test]
    async fn an_order_is_rejected_while_too_many_are_under_way() {
        let app = app(FakeStarts(|| Ok(None)), FakeProgress::default(), FakeClock(at(0)));
        let (status, problem) = place(&app, "k-1", &new_order_json()).await;
        assert_eq!((status.as_u16(), &problem["code"]), (503, &json!("overloaded")));
        assert_eq!(problem["order_id"], Value::Null, "there is none");
    }

    #[tokio::test]
    async fn the_same_key_gives_the_same_order_and_another_key_another() {
        let app = shop();
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
        let app = shop();
        let (status, _) = send_with(app, "POST /api/orders", &twice, &new_order_json()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    }

    #[tokio::test]
    async fn a_key_consists_of_visible_ascii() {
        let app = shop();
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
