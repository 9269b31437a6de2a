//! Books the shipment of an order, and cancels it.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::put;
use shared::domain::OrderId;
use shared::domain::placing::Address;
use shared::domain::shipment::Booked;
use shared::http::{Internal, Json, Path, Result};
use shared::operations::shipments::Shipments;
use shared::{host, wiring};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(wiring::shipments(setup)?))).await
}

fn app<S: Shipments>(shipments: S) -> Router {
    let routes = put(book::<S>).delete(cancel::<S>);
    Router::new().route("/shipments/{order_id}", routes).with_state(shipments)
}

async fn book<S: Shipments>(
    State(shipments): State<S>,
    Path(order): Path<OrderId>,
    Internal(ship_to): Internal<Address>,
) -> Result<Json<Booked>> {
    Ok(Json(shipments.book(&order, &ship_to).await?))
}

async fn cancel<S: Shipments>(
    State(shipments): State<S>,
    Path(order): Path<OrderId>,
) -> Result<StatusCode> {
    shipments.cancel(&order).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::operations::shipments::ShipmentService;
    use shared::testing::fakes::FakeDocuments;
    use shared::testing::orders::placed_order;
    use shared::testing::{conforms, send};

    fn germany() -> Router {
        let documents = FakeDocuments::default();
        app(ShipmentService { documents, served: "DE".parse().unwrap() })
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(germany(), &["PUT /shipments/a"], &["DELETE /shipments/a"]).await;
    }

    #[tokio::test]
    async fn a_cancelled_shipment_can_never_be_booked_again() {
        let (app, ship_to) = (germany(), json!(placed_order().order.ship_to));
        let (status, booked) = send(app.clone(), "PUT /shipments/a", &ship_to).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(send(app.clone(), "PUT /shipments/a", &ship_to).await.1, booked);
        assert_eq!(send(app.clone(), "DELETE /shipments/a", &Value::Null).await.0, 204);
        let (status, problem) = send(app, "PUT /shipments/a", &ship_to).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("shipment-cancelled")));
    }

    #[tokio::test]
    async fn a_country_that_is_not_served_is_refused() {
        let mut ship_to = json!(placed_order().order.ship_to);
        ship_to["country"] = json!("AQ");
        let (status, problem) = send(germany(), "PUT /shipments/a", &ship_to).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("country-not-served")));
    }
}
