//! `GET /api/orders/{order_id}/status`: returns the progress of an order.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use shared::domain::OrderId;
use shared::host::{self, Setup};
use shared::http::views::StatusView;
use shared::http::{CalledBy, Json, Path, Prefer, Problem, Result};
use shared::operations::orders::Lookup;
use shared::ports::Progress;
use shared::wiring;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let build = |setup: &Setup| Ok(app(wiring::orders(setup), setup.sidecar().sagas()));
    host::run(env!("CARGO_PKG_NAME"), build).await
}

fn app<L: Lookup, P: Progress>(orders: L, progress: P) -> Router {
    let status = get(status::<L, P>);
    Router::new().route("/api/orders/{order_id}/status", status).with_state((orders, progress))
}

async fn status<L: Lookup, P: Progress>(
    State((orders, progress)): State<(L, P)>,
    Path(id): Path<OrderId>,
    caller: CalledBy,
    prefer: Prefer,
) -> Result<Response> {
    let order = orders.find(&id).await?.filter(|order| caller.may_see(order.customer()));
    let order = order.ok_or_else(|| Problem::unknown_order(&id))?;
    let order = prefer.until_ended(&progress, order).await;
    Ok(prefer.applied_to(Json(StatusView::from(order))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::order::{Order, Progress as Noted};
    use shared::domain::saga::Outcome;
    use shared::operations::orders::{DocumentLog, OrderLog, OrderLookup};
    use shared::ports::Documents;
    use shared::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeProgress, FakeSagas};
    use shared::testing::orders::{at, euro, placed_order};
    use shared::testing::{conforms, send, send_with};

    #[tokio::test]
    async fn it_conforms() {
        let (orders, sagas) = (FakeDocuments::default(), FakeSagas::default());
        let app = app(OrderLookup { orders, sagas }, FakeProgress::default());
        conforms(app, &[], &["GET /api/orders/a/status"]).await;
    }

    #[tokio::test]
    async fn the_steps_are_listed_in_order() {
        let (documents, placed) = (FakeDocuments::default(), placed_order());
        let log = DocumentLog::new(documents.clone(), FakeBroker::default(), FakeClock(at(1)));
        log.note(&placed, &Noted::Reserved { total: euro(5) }).await.unwrap();
        let route = format!("GET /api/orders/{}/status", placed.order_id);
        let lookup = OrderLookup { orders: documents, sagas: FakeSagas::default() };
        let (_, status) = send(app(lookup, FakeProgress::default()), &route, &Value::Null).await;
        let steps: Vec<_> =
            status["steps"].as_array().unwrap().iter().map(|step| &step["step"]).collect();
        assert_eq!(
            (&status["status"], steps),
            (&json!("reserved"), vec![&json!("create"), &json!("reserve")])
        );
    }

    #[tokio::test]
    async fn a_client_that_prefers_to_wait_gets_the_status_once_the_order_has_ended() {
        let (documents, progress) = (FakeDocuments::default(), FakeProgress::default());
        let id = progress.note(&[Noted::Ended(Outcome::Fulfilled)]);
        let open = |_| (Order::new(placed_order()), ());
        documents.update(&id, open).await.unwrap();
        let lookup = OrderLookup { orders: documents, sagas: FakeSagas::default() };
        for (waits, expected) in [("wait=2", "completed"), ("wait=soon", "pending")] {
            let (app, route) =
                (app(lookup.clone(), progress.clone()), format!("GET /api/orders/{id}/status"));
            let (status, view) = send_with(app, &route, &[("prefer", waits)], &Value::Null).await;
            assert_eq!((status.as_u16(), &view["status"]), (200, &json!(expected)));
        }
    }
}
