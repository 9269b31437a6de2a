//! `POST /api/inventory/{product_id}/release`: releases what an order holds of a product.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use shared::domain::ProductId;
use shared::host;
use shared::http::inventory::{Release, StockView};
use shared::http::{Json, Path, Problem};
use shared::ports::Stocks;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar().stocks()))).await
}

fn app<S: Stocks>(stocks: S) -> Router {
    Router::new()
        .route("/api/inventory/{product_id}/release", post(release::<S>))
        .with_state(stocks)
}

async fn release<S: Stocks>(
    State(stocks): State<S>,
    Path(product): Path<ProductId>,
    Json(Release { order_id }): Json<Release>,
) -> Result<StockView, Problem> {
    Ok(stocks.withdraw(&product, &order_id).await?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::testing::fakes::FakeStocks;
    use shared::testing::orders::{euro, offer, product, reserve};
    use shared::testing::{conforms, send};

    const ROUTE: &str = "POST /api/inventory/lamp/release";

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeStocks::default()), &[ROUTE], &[]).await;
    }

    #[tokio::test]
    async fn released_stock_is_available_again_and_a_repeat_changes_nothing() {
        let stocks = FakeStocks::default();
        stocks.set(&product("lamp"), &offer(euro(500), 3)).await.unwrap();
        stocks.reserve(&product("lamp"), &reserve("a", 2)).await.unwrap();
        for _ in 0..2 {
            let (status, level) = send(app(stocks.clone()), ROUTE, &json!({"order_id": "a"})).await;
            assert_eq!((status.as_u16(), &level["available"]), (200, &json!(3)));
        }
    }

    #[tokio::test]
    async fn an_order_that_is_shipping_keeps_its_stock() {
        let stocks = FakeStocks::default();
        stocks.set(&product("lamp"), &offer(euro(500), 3)).await.unwrap();
        stocks.reserve(&product("lamp"), &reserve("a", 2)).await.unwrap();
        stocks.commit(&product("lamp"), &"a".parse().unwrap()).await.unwrap();
        let (status, problem) = send(app(stocks), ROUTE, &json!({"order_id": "a"})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (409, &json!("reservation-committed")));
    }

    #[tokio::test]
    async fn a_product_that_is_not_sold_is_not_found() {
        let (status, problem) =
            send(app(FakeStocks::default()), ROUTE, &json!({"order_id": "a"})).await;
        assert_eq!((status.as_u16(), &problem["code"]), (404, &json!("unknown-product")));
    }
}
