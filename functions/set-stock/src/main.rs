//! `PUT /api/inventory/{product_id}`: puts a product on sale, or changes its name, price and stock.

use axum::Router;
use axum::extract::State;
use axum::routing::put;
use shared::domain::ProductId;
use shared::domain::stock::{Level, NewOffer};
use shared::host;
use shared::http::{Json, Path, Problem};
use shared::ports::Stocks;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar().stocks()))).await
}

fn app<S: Stocks>(stocks: S) -> Router {
    Router::new().route("/api/inventory/{product_id}", put(set::<S>)).with_state(stocks)
}

async fn set<S: Stocks>(
    State(stocks): State<S>,
    Path(product): Path<ProductId>,
    Json(offer): Json<NewOffer>,
) -> Result<Json<Level>, Problem> {
    Ok(Json(stocks.set(&product, &offer.into()).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::testing::fakes::FakeStocks;
    use shared::testing::orders::product;
    use shared::testing::{conforms, send};

    const ROUTE: &str = "PUT /api/inventory/lamp";

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeStocks::default()), &[ROUTE], &[]).await;
    }

    #[tokio::test]
    async fn a_product_is_on_sale_once_it_is_set() {
        let stocks = FakeStocks::default();
        let offer =
            json!({"name": "Lamp", "unit_price": {"amount": 500, "currency": "EUR"}, "on_hand": 3});
        let (status, level) = send(app(stocks.clone()), ROUTE, &offer).await;
        assert_eq!((status.as_u16(), &level["available"]), (200, &json!(3)));
        assert_eq!(json!(stocks.check(&product("lamp")).await.unwrap()), level);
    }

    #[tokio::test]
    async fn a_field_that_is_not_as_it_must_be_is_named() {
        for (field, wrong) in
            [("on_hand", json!(-1)), ("name", json!("")), ("unit_price", json!(5.5))]
        {
            let mut offer = json!({"name": "Lamp", "unit_price": {"amount": 500, "currency": "EUR"}, "on_hand": 3});
            offer[field] = wrong;
            let (status, problem) = send(app(FakeStocks::default()), ROUTE, &offer).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)));
        }
    }
}
