//! Hosts one actor per product, which owns its stock. `GET /api/inventory` lists products,
//! `POST /api/lists/products` lists some again.

use axum::Router;
use shared::host::{self, SystemClock};
use shared::ports::Clock;
use shared::sidecar::{Sidecar, actor};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    host::run(env!("CARGO_PKG_NAME"), |setup| Ok(app(setup.sidecar(), SystemClock))).await
}

fn app(sidecar: &Sidecar, clock: impl Clock) -> Router {
    actor::host(sidecar, clock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use shared::domain::ProductId;
    use shared::domain::stock::Stock;
    use shared::http::product_list::routes;
    use shared::operations::products::{INDEX, Products};
    use shared::operations::shards::Shards;
    use shared::ports::Documents;
    use shared::testing::fakes::{FakeClock, FakeDocuments};
    use shared::testing::orders::{at, euro, offer, product};
    use shared::testing::{conforms, no_sidecar, send};

    const RELIST: &str = "POST /api/lists/products";

    #[tokio::test]
    async fn it_conforms() {
        let turn = "PUT /actors/stock/lamp/method/turn";
        conforms(app(&no_sidecar(), FakeClock(at(0))), &[], &[turn]).await;
    }

    /// The list of products, with the named ones on sale.
    async fn selling(names: &[&str]) -> Router {
        let stocks = FakeDocuments::<ProductId, Stock>::default();
        let index = Shards::new(INDEX, FakeDocuments::default());
        let app = routes(Products { index, stocks: stocks.clone(), clock: FakeClock(at(0)) });
        for name in names {
            let stock = Stock::new(product(name), offer(euro(500), 3));
            stocks.save(&product(name), &stock, None).await.unwrap();
            let (_, answer) = send(app.clone(), RELIST, &json!({"ids": [name, "gone"]})).await;
            assert_eq!(answer, json!({"listed": 1}));
        }
        app
    }

    #[tokio::test]
    async fn the_list_conforms() {
        conforms(selling(&[]).await, &[RELIST], &["GET /api/inventory"]).await;
    }

    #[tokio::test]
    async fn products_on_sale_are_listed_page_by_page_as_each_is_shown() {
        let app = selling(&["lamp", "chair", "bed"]).await;
        let (status, first) = send(app.clone(), "GET /api/inventory?limit=2", &Value::Null).await;
        assert_eq!((status.as_u16(), &first["next"]), (200, &json!("chair")));
        assert_eq!(first["products"][0]["product_id"], "bed");
        let (_, last) = send(app, "GET /api/inventory?after=chair", &Value::Null).await;
        let lamp = json!({
            "product_id": "lamp",
            "name": "Lamp",
            "unit_price": {"amount": 500, "currency": "EUR"},
            "on_hand": 3,
            "reserved": 0,
            "available": 3
        });
        assert_eq!(last, json!({"products": [lamp]}));
    }

    #[tokio::test]
    async fn a_parameter_that_is_not_as_it_must_be_is_named() {
        for (query, field) in
            [("limit=0", "limit"), ("limit=101", "limit"), ("after=A", "after"), ("page=2", "page")]
        {
            let route = format!("GET /api/inventory?{query}");
            let (status, problem) = send(selling(&[]).await, &route, &Value::Null).await;
            assert_eq!((status.as_u16(), &problem["field"]), (422, &json!(field)));
        }
    }
}
