//! `GET /api/orders/{order_id}/status`: answers with how far an order has come.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use shared::domain::OrderId;
use shared::host;
use shared::http::views::StatusView;
use shared::http::{Json, Path, Problem};
use shared::operations::orders::find;
use shared::ports::{Orders, Sagas};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let sidecar = setup.sidecar();
        Ok(app(sidecar.orders(), sidecar.sagas()))
    })
    .await
}

fn app<O: Orders, S: Sagas>(orders: O, sagas: S) -> Router {
    Router::new()
        .route("/api/orders/{order_id}/status", get(status::<O, S>))
        .with_state((orders, sagas))
}

async fn status<O: Orders, S: Sagas>(
    State((orders, sagas)): State<(O, S)>,
    Path(id): Path<OrderId>,
) -> Result<Json<StatusView>, Problem> {
    match find(&orders, &sagas, &id).await? {
        Some(order) => Ok(Json(order.into())),
        None => Err(Problem::unknown_order(&id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::order::Progress;
    use shared::operations::orders::{DocumentLog, OrderLog};
    use shared::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeSagas};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        let app = app(FakeDocuments::default(), FakeSagas::default());
        conforms(app, &[], &["GET /api/orders/a/status"]).await;
    }

    #[tokio::test]
    async fn the_steps_are_listed_in_order() {
        let (documents, placed) = (FakeDocuments::default(), placed_order());
        let log = DocumentLog::new(documents.clone(), FakeBroker::default(), FakeClock(at(1)));
        log.note(&placed, &Progress::Reserved { total: euro(5) }).await.unwrap();
        let route = format!("GET /api/orders/{}/status", placed.order_id);
        let (_, status) = send(app(documents, FakeSagas::default()), &route, &Value::Null).await;
        let steps: Vec<_> =
            status["steps"].as_array().unwrap().iter().map(|step| &step["step"]).collect();
        assert_eq!(
            (&status["status"], steps),
            (&json!("reserved"), vec![&json!("create"), &json!("reserve")])
        );
    }
}
