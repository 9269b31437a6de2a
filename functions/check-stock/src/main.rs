//! `GET /api/inventory/{product_id}`: returns the stock of a product.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use shared::domain::ProductId;
use shared::host;
use shared::http::inventory::StockView;
use shared::http::{Path, Problem};
use shared::ports::Stocks;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar().stocks()))).await
}

fn app<S: Stocks>(stocks: S) -> Router {
    Router::new().route("/api/inventory/{product_id}", get(check::<S>)).with_state(stocks)
}

async fn check<S: Stocks>(
    State(stocks): State<S>,
    Path(product): Path<ProductId>,
) -> Result<StockView, Problem> {
    Ok(stocks.check(&product).await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::testing::fakes::FakeStocks;
    use shared::testing::orders::{euro, offer, product};
    use shared::testing::{conforms, send};

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeStocks::default()), &[], &["GET /api/inventory/lamp"]).await;
    }

    #[tokio::test]
    async fn a_product_shows_its_price_and_its_stock() {
        let stocks = FakeStocks::default();
        stocks.set(&product("lamp"), &offer(euro(500), 3)).await.unwrap();
        let (_, level) = send(app(stocks), "GET /api/inventory/lamp", &Value::Null).await;
        let expected = json!({
            "product_id": "lamp",
            "name": "Lamp",
            "unit_price": {"amount": 500, "currency": "EUR"},
            "on_hand": 3,
            "reserved": 0,
            "available": 3
        });
        assert_eq!(level, expected);
    }

    #[tokio::test]
    async fn a_product_that_is_not_sold_is_not_found() {
        let (status, problem) =
            send(app(FakeStocks::default()), "GET /api/inventory/x", &Value::Null).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-product")));
    }
}
