//! Hosts the order saga: its workflow, its activities, and the door by which others start and find it.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{post, put};
use shared::domain::OrderId;
use shared::domain::placing::PlacedOrder;
use shared::host::{self, RESERVATION, Service, SystemClock};
use shared::http::{Internal, Json, Path, Problem};
use shared::ports::Sagas;
use shared::sidecar::worker::Worker;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let reservation_ttl = setup.read(&RESERVATION)?;
        let worker = Worker::new(setup.sidecar(), &SystemClock, reservation_ttl);
        Ok(Service::from(app(worker.dispatcher())).with_worker(|stop| worker.run(stop)))
    })
    .await
}

fn app<S: Sagas>(sagas: S) -> Router {
    let router = Router::new().route("/sagas/{order_id}", put(start::<S>).get(find::<S>));
    router.route("/api/orders/{order_id}/resume", post(resume::<S>)).with_state(sagas)
}

type Response<T> = Result<T, Problem>;
type Placed = Json<PlacedOrder>;

async fn start<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
    Internal(order): Internal<PlacedOrder>,
) -> Response<Placed> {
    let other = || Problem::invalid("order_id", "must be the id in the path");
    (order.order_id == id).then_some(()).ok_or_else(other)?;
    Ok(Json(sagas.start(&order).await?))
}

async fn find<S: Sagas>(State(sagas): State<S>, Path(id): Path<OrderId>) -> Response<Placed> {
    Ok(Json(sagas.find(&id).await?.ok_or_else(|| Problem::unknown_order(&id))?))
}

async fn resume<S: Sagas>(State(sagas): State<S>, Path(id): Path<OrderId>) -> Response<StatusCode> {
    let to_do = sagas.resume(&id).await?.ok_or_else(|| Problem::unknown_order(&id))?;
    Ok(if to_do { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::testing::fakes::FakeSagas;
    use shared::testing::orders::placed_order;
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        conforms(
            app(FakeSagas::default()),
            &["PUT /sagas/a"],
            &["GET /sagas/a", "POST /api/orders/a/resume"],
        )
        .await;
    }

    #[tokio::test]
    async fn an_order_that_was_started_is_found() {
        let (app, placed) = (app(FakeSagas::default()), placed_order());
        let path = format!("/sagas/{}", placed.order_id);
        assert_eq!(send(app.clone(), &format!("GET {path}"), &Value::Null).await.0, 404);
        assert_eq!(send(app.clone(), &format!("PUT {path}"), &json!(placed)).await.0, 200);
        assert_eq!(send(app, &format!("GET {path}"), &Value::Null).await.1, json!(placed));
    }

    #[tokio::test]
    async fn an_order_is_resumed_if_there_is_one() {
        let (sagas, placed) = (FakeSagas::default(), placed_order());
        let path = format!("POST /api/orders/{}/resume", placed.order_id);
        let unknown = send(app(sagas.clone()), &path, &Value::Null).await;
        assert_eq!((unknown.0.as_u16(), &unknown.1["code"]), (404, &json!("unknown-order")));
        sagas.start(&placed).await.unwrap();
        assert_eq!(send(app(sagas), &path, &Value::Null).await.0, 202);
    }

    #[tokio::test]
    async fn an_order_is_started_under_its_own_id() {
        let (status, problem) =
            send(app(FakeSagas::default()), "PUT /sagas/a", &json!(placed_order())).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("order_id")));
    }
}
