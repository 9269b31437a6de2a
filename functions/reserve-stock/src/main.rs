//! `POST /api/inventory/{product_id}/reserve`: holds pieces of a product for an order.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use jiff::SignedDuration;
use serde::Deserialize;
use shared::domain::placing::Quantity;
use shared::domain::stock::{Held, Reserve};
use shared::domain::{OrderId, ProductId};
use shared::host::{self, RESERVATION};
use shared::http::{Json, Path, Problem};
use shared::ports::Stocks;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| {
        let reservation_ttl = setup.read(&RESERVATION)?;
        Ok(app(setup.sidecar().stocks(), reservation_ttl))
    })
    .await
}

fn app<S: Stocks>(stocks: S, hold_for: SignedDuration) -> Router {
    let path = "/api/inventory/{product_id}/reserve";
    Router::new().route(path, post(reserve::<S>)).with_state((stocks, hold_for))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    order_id: OrderId,
    quantity: Quantity,
}

async fn reserve<S: Stocks>(
    State((stocks, hold_for)): State<(S, SignedDuration)>,
    Path(product): Path<ProductId>,
    Json(Asked { order_id, quantity }): Json<Asked>,
) -> Result<Json<Held>, Problem> {
    let ask = Reserve { order_id, quantity, seen_price: None, hold_for };
    Ok(Json(stocks.reserve(&product, &ask).await?))
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
