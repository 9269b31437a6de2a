//! Operations at `/api/inventory`.

use super::operation::Operation;
use super::parts::{AFTER_PRODUCT, IF_MATCH, IF_NONE_MATCH, KEY, LIMIT, NEEDED_KEY};
use crate::domain::RefusalName as R;
use crate::domain::stock::{Held, NewOffer};
use crate::http::Kind;
use crate::http::inventory::{Adjustment, Release, Reservation, StockView};
use crate::http::product_list::ProductPageView;
use axum::http::Method;
use serde_json::{Value, json};

const PRODUCT: &str = "/api/inventory/{product_id}";

pub(super) fn operations() -> Vec<Operation> {
    vec![list(), get(), put(), adjust(), reserve(), release()]
}

fn stock() -> Value {
    json!({
        "product_id": "lamp", "name": "Desk lamp", "unit_price": {"amount": 1999, "currency": "EUR"},
        "on_hand": 10, "reserved": 2, "available": 8
    })
}

fn list() -> Operation {
    let example = json!({"products": [stock()], "next": "lamp"});
    Operation::new(Method::GET, "/api/inventory", "listProducts", "Lists products and their stock")
        .says("In the order of their ids. The stock of each is as it was when the page was read.")
        .takes(&[&AFTER_PRODUCT, &LIMIT])
        .answers::<ProductPageView>(200, "A page. It may have fewer products than asked for, even none; where it has no `next`, the list ends.", example)
}

fn get() -> Operation {
    Operation::new(Method::GET, PRODUCT, "getProduct", "Shows a product and its stock")
        .answers::<StockView>(200, "The stock.", stock())
        .with(&["ETag"])
        .refuses(&[R::UnknownProduct])
}

fn put() -> Operation {
    let offer = json!({"name": "Desk lamp", "unit_price": {"amount": 1999, "currency": "EUR"}, "on_hand": 10});
    Operation::new(Method::PUT, PRODUCT, "putProduct", "Puts a product on sale, or changes it")
        .says("An existing product is changed only under a condition: read it, and send its `ETag` in `If-Match`. To change the stock while orders run, adjust it.")
        .takes(&[&KEY, &IF_MATCH, &IF_NONE_MATCH])
        .reads::<NewOffer>(offer)
        .answers::<StockView>(200, "The product existed, and is changed.", stock())
        .with(&["ETag", "Idempotency-Key"])
        .answers::<StockView>(201, "The product is new.", stock())
        .with(&["Location", "ETag", "Idempotency-Key"])
        .leads_to(&["getProduct", "adjustProduct", "reserveProduct", "releaseProduct"])
        .fails(&[Kind::PreconditionFailed, Kind::PreconditionRequired, Kind::KeyReused, Kind::TooManyProducts])
        .refuses(&[R::BelowReserved])
}

fn adjust() -> Operation {
    let path = "/api/inventory/{product_id}/adjustments";
    Operation::new(
        Method::POST,
        path,
        "adjustProduct",
        "Adds pieces to the stock of a product, or removes some",
    )
    .takes(&[&NEEDED_KEY])
    .reads::<Adjustment>(json!({"delta": 25, "reason": "delivery"}))
    .answers::<StockView>(200, "The stock.", stock())
    .with(&["ETag"])
    .fails(&[Kind::KeyReused])
    .refuses(&[R::UnknownProduct, R::BelowReserved])
}

fn reserve() -> Operation {
    let path = "/api/inventory/{product_id}/reserve";
    let example = json!({
        "product_id": "lamp", "order_id": "shelf-7", "quantity": 1,
        "unit_price": {"amount": 1999, "currency": "EUR"}, "expires_at": "2026-11-27T09:45:00Z"
    });
    Operation::new(Method::POST, path, "reserveProduct", "Reserves pieces of a product")
        .says("Orders reserve for themselves; this is for pieces that staff set aside. They are released when the reservation expires.")
        .reads::<Reservation>(json!({"order_id": "shelf-7", "quantity": 1}))
        .answers::<Held>(200, "The reservation and its expiry.", example)
        .refuses(&[R::UnknownProduct, R::OutOfStock, R::ReservationMismatch, R::TooManyReservations])
}

fn release() -> Operation {
    let path = "/api/inventory/{product_id}/release";
    Operation::new(Method::POST, path, "releaseProduct", "Releases a reservation of a product")
        .reads::<Release>(json!({"order_id": "shelf-7"}))
        .answers::<StockView>(200, "The stock; the same when the request is repeated.", stock())
        .with(&["ETag"])
        .refuses(&[R::UnknownProduct, R::ReservationCommitted])
}
