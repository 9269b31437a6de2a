//! `PUT /api/inventory/{product_id}` sets a product, `POST …/adjustments` changes its stock.

use axum::Router;
use axum::extract::State;
use axum::routing::{post, put};
use shared::domain::ProductId;
use shared::domain::stock::{Adjust, Changed, Put};
use shared::host;
use shared::http::{Path, Result};
use shared::ports::Stocks;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar().stocks()))).await
}

fn app<S: Stocks>(stocks: S) -> Router {
    Router::new()
        .route("/api/inventory/{product_id}", put(set::<S>))
        .route("/api/inventory/{product_id}/adjustments", post(adjust::<S>))
        .with_state(stocks)
}

async fn set<S: Stocks>(
    State(stocks): State<S>,
    Path(product): Path<ProductId>,
    put: Put,
) -> Result<Changed> {
    Ok(stocks.put(&product, &put).await?)
}

async fn adjust<S: Stocks>(
    State(stocks): State<S>,
    Path(product): Path<ProductId>,
    adjust: Adjust,
) -> Result<Changed> {
    Ok(stocks.adjust(&product, &adjust).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared::testing::fakes::FakeStocks;
    use shared::testing::orders::product;
    use shared::testing::{conforms, send, send_with};

    const ROUTE: &str = "PUT /api/inventory/lamp";
    const ADJUSTMENTS: &str = "POST /api/inventory/lamp/adjustments";

    fn lamp(on_hand: i64) -> serde_json::Value {
        json!({"name": "Lamp", "unit_price": {"amount": 500, "currency": "EUR"}, "on_hand": on_hand})
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(FakeStocks::default()), &[ROUTE, ADJUSTMENTS], &[]).await;
    }

    #[tokio::test]
    async fn a_product_is_on_sale_once_it_is_set_and_is_changed_under_a_condition() {
        let stocks = FakeStocks::default();
        let (status, level) = send(app(stocks.clone()), ROUTE, &lamp(3)).await;
        assert_eq!((status.as_u16(), &level["available"]), (201, &json!(3)));
        let revision = stocks.check(&product("lamp")).await.unwrap().revision;
        let (status, problem) = send(app(stocks.clone()), ROUTE, &lamp(5)).await;
        assert_eq!((status.as_u16(), &problem["code"]), (428, &json!("precondition-required")));
        for (tag, expected) in [(revision + 1, 412), (revision, 200), (revision, 412)] {
            let tag = format!("\"{tag}\"");
            let headers = [("if-match", tag.as_str())];
            let (status, _) = send_with(app(stocks.clone()), ROUTE, &headers, &lamp(5)).await;
            assert_eq!(status.as_u16(), expected);
        }
        assert_eq!(stocks.check(&product("lamp")).await.unwrap().on_hand, 5);
    }

    #[tokio::test]
    async fn stock_is_adjusted_once_under_a_key() {
        let stocks = FakeStocks::default();
        send(app(stocks.clone()), ROUTE, &lamp(3)).await;
        let ask = json!({"delta": 4, "reason": "a delivery"});
        let (status, problem) = send(app(stocks.clone()), ADJUSTMENTS, &ask).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("Idempotency-Key")));
        let key = [("idempotency-key", "k")];
        for _ in 0..2 {
            let (status, level) = send_with(app(stocks.clone()), ADJUSTMENTS, &key, &ask).await;
            assert_eq!((status.as_u16(), &level["on_hand"]), (200, &json!(7)));
        }
        let other = json!({"delta": 5, "reason": "a delivery"});
        let (status, problem) = send_with(app(stocks.clone()), ADJUSTMENTS, &key, &other).await;
        assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("key-reused")));
        let key = [("idempotency-key", "k2")];
        let too_many = json!({"delta": 1_000_000_000, "reason": "a delivery"});
        let (status, problem) = send_with(app(stocks), ADJUSTMENTS, &key, &too_many).await;
        assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("delta")));
    }

    #[tokio::test]
    async fn an_invalid_field_is_named() {
        for (field, wrong) in [
            ("on_hand", json!(-1)),
            ("name", json!("")),
            ("unit_price", json!(5.5)),
            ("colour", json!("red")),
        ] {
            let mut offer = lamp(3);
            offer[field] = wrong;
            let (status, problem) = send(app(FakeStocks::default()), ROUTE, &offer).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)));
        }
    }
}
