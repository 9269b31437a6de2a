//! Pieces held for orders.

use crate::domain::placing::Quantity;
use crate::domain::{Money, OrderId, ProductId};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request to reserve pieces of a product for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// The order.
    pub order_id: OrderId,
    /// The number of pieces.
    pub quantity: Quantity,
    /// The price of one piece that the customer saw.
    pub seen_price: Option<Money>,
    /// The duration, by the stock's own clock.
    pub hold_for: SignedDuration,
}

/// The reservation of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Reservation")]
pub struct Held {
    /// The product whose actor holds the pieces.
    pub product_id: ProductId,
    /// The order.
    pub order_id: OrderId,
    /// Pieces held.
    pub quantity: Quantity,
    /// The price of one piece, even if the product's price changes meanwhile.
    pub unit_price: Money,
    /// When the reservation expires, unless it is committed before.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub expires_at: Timestamp,
}

/// Pieces held for one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reservation {
    pub(super) quantity: Quantity,
    pub(super) unit_price: Money,
    pub(super) state: ReservationState,
    pub(super) expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ReservationState {
    /// Held until it expires.
    Reserved,
    /// Held until it is settled or released.
    Committed,
}

impl Reservation {
    pub(super) fn is_committed(&self) -> bool {
        self.state == ReservationState::Committed
    }
}
