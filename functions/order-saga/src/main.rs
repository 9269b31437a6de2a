//! Hosts the order saga: its workflow, its activities, and the door by which others start and find it.

use axum::Router;
use axum::extract::State;
use axum::routing::put;
use shared::domain::OrderId;
use shared::domain::placing::PlacedOrder;
use shared::host::{self, RESERVATION, Service, SystemClock};
use shared::http::{Json, Kind, Path, Problem};
use shared::ports::Sagas;
use shared::sidecar::activities::Worker;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let reservation_ttl = setup.read(&RESERVATION)?;
        let sidecar = setup.sidecar();
        let worker = Worker::new(sidecar, SystemClock, reservation_ttl);
        let app = app(sidecar.workflows(reservation_ttl));
        Ok(Service::from(app).with_worker(|stop| worker.run(stop)))
    })
    .await
}

fn app<S: Sagas>(sagas: S) -> Router {
    Router::new().route("/sagas/{order_id}", put(start::<S>).get(find::<S>)).with_state(sagas)
}

async fn start<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
    Json(order): Json<PlacedOrder>,
) -> Result<Json<PlacedOrder>, Problem> {
    if order.order_id != id {
        return Err(Problem::invalid("order_id", "must be the id in the path"));
    }
    Ok(Json(sagas.start(&order).await?))
}

async fn find<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
) -> Result<Json<PlacedOrder>, Problem> {
    let unknown = || Problem::new(Kind::UnknownOrder, format!("there is no saga of {id}"));
    Ok(Json(sagas.find(&id).await?.ok_or_else(unknown)?))
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
        conforms(app(FakeSagas::default()), &["PUT /sagas/a"], &["GET /sagas/a"]).await;
    }

    #[tokio::test]
    async fn what_was_started_is_found() {
        let (app, placed) = (app(FakeSagas::default()), placed_order());
        let path = format!("/sagas/{}", placed.order_id);
        assert_eq!(send(app.clone(), &format!("GET {path}"), &Value::Null).await.0, 404);
        assert_eq!(send(app.clone(), &format!("PUT {path}"), &json!(placed)).await.0, 200);
        assert_eq!(send(app, &format!("GET {path}"), &Value::Null).await.1, json!(placed));
    }

    #[tokio::test]
    async fn an_order_is_started_under_its_own_id() {
        let (status, problem) =
            send(app(FakeSagas::default()), "PUT /sagas/a", &json!(placed_order())).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("order_id")));
    }
}
