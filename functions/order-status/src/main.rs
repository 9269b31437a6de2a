//! `GET /api/orders/{order_id}/status`: answers with how far an order has come.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use shared::domain::OrderId;
use shared::http::views::StatusView;
use shared::http::{CalledBy, Json, Path, Problem, Result};
use shared::operations::orders::Lookup;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::orders(setup)))).await
}

fn app<L: Lookup>(orders: L) -> Router {
    Router::new().route("/api/orders/{order_id}/status", get(status::<L>)).with_state(orders)
}

async fn status<L: Lookup>(
    State(orders): State<L>,
    Path(id): Path<OrderId>,
    caller: CalledBy,
) -> Result<Json<StatusView>> {
    let order = orders.find(&id).await?.filter(|order| caller.may_see(order.customer()));
    Ok(Json(order.ok_or_else(|| Problem::unknown_order(&id))?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::order::Progress;
    use shared::operations::orders::{DocumentLog, OrderLog, OrderLookup};
    use shared::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeSagas};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        let (orders, sagas) = (FakeDocuments::default(), FakeSagas::default());
        let app = app(OrderLookup { orders, sagas });
        conforms(app, &[], &["GET /api/orders/a/status"]).await;
    }

    #[tokio::test]
    async fn the_steps_are_listed_in_order() {
        let (documents, placed) = (FakeDocuments::default(), placed_order());
        let log = DocumentLog::new(documents.clone(), FakeBroker::default(), FakeClock(at(1)));
        log.note(&placed, &Progress::Reserved { total: euro(5) }).await.unwrap();
        let route = format!("GET /api/orders/{}/status", placed.order_id);
        let lookup = OrderLookup { orders: documents, sagas: FakeSagas::default() };
        let (_, status) = send(app(lookup), &route, &Value::Null).await;
        let steps: Vec<_> =
            status["steps"].as_array().unwrap().iter().map(|step| &step["step"]).collect();
        assert_eq!(
            (&status["status"], steps),
            (&json!("reserved"), vec![&json!("create"), &json!("reserve")])
        );
    }
}
