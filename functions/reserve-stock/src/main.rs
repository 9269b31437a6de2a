//! `POST /api/inventory/{product_id}/reserve`: holds pieces of a product for an order.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use jiff::SignedDuration;
use shared::domain::ProductId;
use shared::domain::stock::Held;
use shared::host::{self, RESERVATION};
use shared::http::inventory::Reservation;
use shared::http::{Json, Path, Result};
use shared::ports::Stocks;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let hold_for = setup.read(&RESERVATION)?;
        Ok(app(setup.sidecar().stocks(), hold_for))
    })
    .await
}

fn app<S: Stocks>(stocks: S, hold_for: SignedDuration) -> Router {
    let path = "/api/inventory/{product_id}/reserve";
    Router::new().route(path, post(reserve::<S>)).with_state((stocks, hold_for))
}

async fn reserve<S: Stocks>(
    State((stocks, hold_for)): State<(S, SignedDuration)>,
    Path(product): Path<ProductId>,
    Json(reservation): Json<Reservation>,
) -> Result<Json<Held>> {
    Ok(Json(stocks.reserve(&product, &reservation.lasting(hold_for)).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::testing::fakes::FakeStocks;
    use shared::testing::orders::{at, euro, offer, product};
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /api/inventory/lamp/reserve";

    async fn shop() -> Router {
        let stocks = FakeStocks::default();
        stocks.set(&product("lamp"), &offer(euro(500), 3)).await.unwrap();
        app(stocks, SignedDuration::from_secs(60))
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(shop().await, &[ROUTE], &[]).await;
    }

    #[tokio::test]
    async fn stock_is_reserved_at_its_price_until_it_expires() {
        let shop = shop().await;
        let ask_two = json!({"order_id": "a", "quantity": 2});
        let (status, held) = send(shop.clone(), ROUTE, &ask_two).await;
        assert_eq!((status.as_u16(), &held["unit_price"]["amount"]), (200, &json!(500)));
        assert_eq!(held["expires_at"], json!(at(60)));
        assert_eq!(send(shop.clone(), ROUTE, &ask_two).await.1, held);
        let (status, problem) = send(shop, ROUTE, &json!({"order_id": "b", "quantity": 2})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("out-of-stock")));
    }
}
