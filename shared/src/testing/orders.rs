//! Sample orders.

use crate::domain::placing::{NewOrder, PlacedOrder};
use crate::domain::stock::{Condition, Offer, Put, Reserve};
use crate::domain::{Money, OrderId, ProductId};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// `amount` cents.
///
/// # Panics
/// When `amount` is out of the bounds of [`Money`].
#[must_use]
pub fn euro(amount: i64) -> Money {
    let euro = "EUR".parse().expect("EUR is a currency");
    Money::new(amount, euro).expect("the amount is within the bounds")
}

/// An instant, `second` seconds after a fixed one.
///
/// # Panics
/// When `second` lies beyond the year 9999.
#[must_use]
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("the second is within the calendar")
}

/// The body of an order of two products, as a customer sends it.
#[must_use]
pub fn new_order_json() -> Value {
    json!({
        "customer_id": "ann",
        "email": "ann@example.com",
        "items": [{"product_id": "lamp", "quantity": 2}, {"product_id": "bulb", "quantity": 3}],
        "payment_method": "pm_card_visa",
        "ship_to": {
            "name": "Ann Smith",
            "line1": "Main Street 1",
            "city": "Berlin",
            "postal_code": "10115",
            "country": "DE"
        }
    })
}

/// The same order, checked.
#[must_use]
pub fn new_order() -> NewOrder {
    serde_json::from_value(new_order_json()).expect("the sample is a valid order")
}

/// The same order, accepted.
#[must_use]
pub fn placed_order() -> PlacedOrder {
    let order = new_order();
    let order_id = OrderId::for_key(&order.customer_id, "sample");
    PlacedOrder { order_id, created_at: at(0), order }
}

/// A product on offer, `on_hand` pieces of it.
///
/// # Panics
/// When `on_hand` is out of bounds.
#[must_use]
pub fn offer(unit_price: Money, on_hand: i64) -> Offer {
    let name = "Lamp".to_owned().try_into().expect("the name is a text");
    Offer { name, unit_price, on_hand: on_hand.try_into().expect("the stock is within bounds") }
}

/// The change that puts a product on sale, whether it exists or not.
///
/// # Panics
/// Never.
#[must_use]
pub fn put_on_sale(offer: Offer) -> Put {
    let id = Uuid::now_v7().to_string().try_into().expect("an id is a text");
    Put { offer, condition: Condition::Absent, id }
}

/// The product called `name`.
///
/// # Panics
/// When `name` is no id.
#[must_use]
pub fn product(name: &str) -> ProductId {
    name.parse().expect("the name is an id")
}

/// The request of `order` to reserve `quantity` pieces of a product for a minute, at any price.
///
/// # Panics
/// When `order` is no id, or `quantity` is out of bounds.
#[must_use]
pub fn reserve(order: &str, quantity: i64) -> Reserve {
    Reserve {
        order_id: order.parse().expect("the name is an id"),
        quantity: quantity.try_into().expect("the quantity is within bounds"),
        seen_price: None,
        hold_for: SignedDuration::from_mins(1),
    }
}
