//! `GET /api/orders/{order_id}`: tells everything about an order.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use shared::domain::OrderId;
use shared::host;
use shared::http::views::OrderView;
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
    Router::new().route("/api/orders/{order_id}", get(order::<O, S>)).with_state((orders, sagas))
}

async fn order<O: Orders, S: Sagas>(
    State((orders, sagas)): State<(O, S)>,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderView>, Problem> {
    match find(&orders, &sagas, &id).await? {
        Some(order) => Ok(Json(order.into())),
        None => Err(Problem::unknown_order(&id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::testing::fakes::{FakeDocuments, FakeSagas};
    use shared::testing::orders::placed_order;
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeDocuments::default(), FakeSagas::default()), &[], &["GET /api/orders/a"])
            .await;
    }

    #[tokio::test]
    async fn an_order_is_shown_as_soon_as_it_is_accepted() {
        let (sagas, placed) = (FakeSagas::default(), placed_order());
        sagas.start(&placed).await.unwrap();
        let route = format!("GET /api/orders/{}", placed.order_id);
        let (status, order) =
            send(app(FakeDocuments::default(), sagas), &route, &Value::Null).await;
        assert_eq!((status.as_u16(), &order["customer_id"]), (200, &json!("ann")));
    }

    #[tokio::test]
    async fn an_unknown_order_is_not_found_and_a_bad_id_is_refused() {
        for (id, status, kind) in
            [("nowhere", 404, "unknown-order"), ("NO_ID", 422, "invalid-request")]
        {
            let app = app(FakeDocuments::default(), FakeSagas::default());
            let (answered, problem) =
                send(app, &format!("GET /api/orders/{id}"), &Value::Null).await;
            assert_eq!((answered.as_u16(), &problem["type"]), (status, &json!(kind)));
        }
    }
}
