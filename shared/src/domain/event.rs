//! Events: what the shop publishes, as [CloudEvents 1.0](https://cloudevents.io).
//!
//! Their JSON is a stable contract. A field may be added, because readers ignore fields that they
//! do not know. Removing a field, or changing its meaning, takes a new [`Event::VERSION`].

mod cloud;
mod key_vault;
mod notification;
mod order;
mod payment;
pub mod schema;

pub(super) use cloud::SOURCE;
pub use cloud::{CloudEvent, Poison};
pub use key_vault::SecretNearExpiry;
pub use notification::{Notice, NotificationRequested};
pub use order::{
    OrderCancelled, OrderCompleted, OrderCreated, OrderPaid, OrderRefunded, OrderReserved,
    OrderShipped, OrderStuck,
};
pub use payment::{PaymentCharged, PaymentDeclined, PaymentRefunded};

use super::placing::{Items, Quantity};
use super::{OrderId, ProductId};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The data of one kind of event.
pub trait Event: Serialize + DeserializeOwned {
    /// The topic that it is published under.
    const TOPIC: Topic;
    /// The type: what happened, such as `order.completed`.
    const TYPE: &'static str;
    /// The version of its data: 1, 2 and so on; the `v1` of its schema.
    const VERSION: u32 = 1;

    /// The order that it is about, which becomes the event's `subject`.
    fn order_id(&self) -> &OrderId;
}

/// A stream of events, which functions subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// `orders`: what happens to orders.
    Orders,
    /// `payments`: what happens to payments.
    Payments,
    /// `notifications`: messages for customers.
    Notifications,
    /// What the vault reports about the shop's secrets.
    KeyVault,
}

impl Topic {
    /// Its name on the broker, such as `orders`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Payments => "payments",
            Self::Notifications => "notifications",
            Self::KeyVault => "key-vault",
        }
    }
}

/// Some pieces of one product. Unlike an item of a request, it may gain fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The product, by its id in the inventory.
    pub product_id: ProductId,
    /// Pieces of it, 1 to 1,000.
    pub quantity: Quantity,
}

impl Line {
    /// The lines of an order, in its order.
    #[must_use]
    pub fn all(items: &Items) -> Vec<Self> {
        let line =
            |product_id: &ProductId, quantity| Self { product_id: product_id.clone(), quantity };
        items.iter().map(|item| line(&item.product_id, item.quantity)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::{new_order, product};

    #[test]
    fn every_item_of_an_order_is_a_line() {
        let items = new_order().items;
        let lines = Line::all(&items);
        let published: Vec<_> =
            lines.into_iter().map(|line| (line.product_id, line.quantity)).collect();
        let asked: Vec<_> =
            items.iter().map(|item| (item.product_id.clone(), item.quantity)).collect();
        assert_eq!(published, asked);
        assert!(published.len() > 1 && published.iter().any(|(id, _)| *id == product("lamp")));
    }
}
