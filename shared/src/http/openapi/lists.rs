//! Operations at `/api/lists`.

use super::operation::Operation;
use crate::domain::{OrderId, ProductId};
use crate::http::Kind;
use crate::http::lists::{Relisted, ToRelist};
use axum::http::Method;
use serde_json::{Value, json};

pub(super) fn operations() -> Vec<Operation> {
    vec![orders(), products()]
}

fn listed() -> Value {
    json!({"listed": 1})
}

fn orders() -> Operation {
    let body = json!({"ids": ["6f0e4b0e-3a5b-5a0e-9a55-2b1f0c9d7e41"]});
    Operation::new(Method::POST, "/api/lists/orders", "relistOrders", "Lists orders again")
        .says("As their documents say, if the lists were lost. Repeated, it changes nothing.")
        .reads::<ToRelist<OrderId>>(body)
        .answers::<Relisted>(200, "How many of them have documents, and are listed.", listed())
}

fn products() -> Operation {
    Operation::new(Method::POST, "/api/lists/products", "relistProducts", "Lists products again")
        .says("As their documents say, if the list was lost. Repeated, it changes nothing.")
        .reads::<ToRelist<ProductId>>(json!({"ids": ["lamp"]}))
        .answers::<Relisted>(200, "How many of them are on sale, and listed.", listed())
        .fails(&[Kind::TooManyProducts])
}
