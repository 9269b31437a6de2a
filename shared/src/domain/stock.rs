//! Stock of one product: what is on hand, what it costs, and who has reserved how much until when.

mod turn;

pub use turn::{Command, Reply, turn};

use super::placing::Quantity;
use super::text::Text;
use super::{Money, OrderId, ProductId, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A product as the shop offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// What customers read.
    pub name: Text<200>,
    /// What one piece costs.
    pub unit_price: Money,
    /// Pieces on hand, reserved ones included.
    pub on_hand: OnHand,
}

/// Pieces on hand, 0 to [`OnHand::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct OnHand(u32);

/// A stock out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be between 0 and {}", OnHand::MAX)]
pub struct NotOnHand;

/// The stock of one product: the document of its actor. Its size follows the orders in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    product_id: ProductId,
    name: Text<200>,
    unit_price: Money,
    on_hand: u32,
    open: BTreeMap<OrderId, Reservation>,
    /// When the actor's reminder fires; none is set without this.
    sweep_at: Option<Timestamp>,
}

/// Pieces held for one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    quantity: Quantity,
    unit_price: Money,
    state: ReservationState,
    expires_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ReservationState {
    /// Held until it expires.
    Reserved,
    /// Held until it is settled or released.
    Committed,
}

/// How much of a product there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The product.
    pub product_id: ProductId,
    /// What customers read.
    pub name: Text<200>,
    /// What one piece costs.
    pub unit_price: Money,
    /// Pieces on hand, reserved ones included.
    pub on_hand: u32,
    /// Pieces held for orders.
    pub reserved: u32,
    /// Pieces that can be reserved: on hand less reserved.
    pub available: u32,
}

/// What an order asks of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reserve {
    /// For whom.
    pub order_id: OrderId,
    /// How many pieces.
    pub quantity: Quantity,
    /// The price of one piece that the customer saw.
    pub seen_price: Option<Money>,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What an order holds of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The product.
    pub product_id: ProductId,
    /// The order.
    pub order_id: OrderId,
    /// Pieces held.
    pub quantity: Quantity,
    /// What one piece costs, whatever happens to the price meanwhile.
    pub unit_price: Money,
    /// When the hold ends, unless it is committed before.
    pub expires_at: Timestamp,
}

impl Stock {
    /// The most reservations open at once, so that the document stays below 256 KiB.
    pub const MAX_OPEN: usize = 1000;

    /// A product put on sale.
    #[must_use]
    pub fn new(product_id: ProductId, offer: Offer) -> Self {
        let Offer { name, unit_price, on_hand } = offer;
        let on_hand = on_hand.0;
        Self { product_id, name, unit_price, on_hand, open: BTreeMap::new(), sweep_at: None }
    }

    /// Takes over name, price and stock; what is reserved stays reserved at its price.
    ///
    /// # Errors
    /// [`Refusal::BelowReserved`].
    pub fn set(&mut self, offer: Offer) -> Result<(), Refusal> {
        let reserved = self.reserved();
        if offer.on_hand.0 < reserved {
            return Err(Refusal::BelowReserved { product_id: self.product_id.clone(), reserved });
        }
        self.name = offer.name;
        self.unit_price = offer.unit_price;
        self.on_hand = offer.on_hand.0;
        Ok(())
    }

    /// Holds pieces for an order. Repeated, it answers as before.
    ///
    /// # Errors
    /// [`Refusal`]: `out-of-stock`, `price-changed`, `reservation-mismatch`, `too-many-reservations`.
    pub fn reserve(&mut self, ask: &Reserve) -> Result<Held, Refusal> {
        let product_id = self.product_id.clone();
        if let Some(held) = self.open.get(&ask.order_id) {
            let same = held.quantity == ask.quantity;
            return if same {
                Ok(self.held(&ask.order_id, held))
            } else {
                Err(Refusal::ReservationMismatch { product_id })
            };
        }
        if ask.seen_price.is_some_and(|seen| seen != self.unit_price) {
            return Err(Refusal::PriceChanged { product_id, unit_price: self.unit_price });
        }
        if self.available() < ask.quantity.pieces() {
            return Err(Refusal::OutOfStock { product_id });
        }
        if self.open.len() >= Self::MAX_OPEN {
            return Err(Refusal::TooManyReservations { product_id });
        }
        let reservation = Reservation {
            quantity: ask.quantity,
            unit_price: self.unit_price,
            state: ReservationState::Reserved,
            expires_at: ask.expires_at,
        };
        let held = self.held(&ask.order_id, &reservation);
        self.open.insert(ask.order_id.clone(), reservation);
        Ok(held)
    }

    /// Keeps what is held for `order` beyond its expiry. Repeated, it changes nothing.
    ///
    /// # Errors
    /// [`Refusal::ReservationExpired`], when nothing is held (any more).
    pub fn commit(&mut self, order: &OrderId) -> Result<(), Refusal> {
        let Some(held) = self.open.get_mut(order) else {
            return Err(Refusal::ReservationExpired { product_id: self.product_id.clone() });
        };
        held.state = ReservationState::Committed;
        Ok(())
    }

    /// Gives back what is held for `order`, if anything.
    pub fn release(&mut self, order: &OrderId) {
        self.open.remove(order);
    }

    /// Gives back what is reserved for `order`, if anything, as somebody outside its saga asks.
    ///
    /// # Errors
    /// [`Refusal::ReservationCommitted`]: the goods may have left.
    pub fn withdraw(&mut self, order: &OrderId) -> Result<(), Refusal> {
        if self.open.get(order).is_some_and(|held| held.state == ReservationState::Committed) {
            return Err(Refusal::ReservationCommitted { product_id: self.product_id.clone() });
        }
        self.release(order);
        Ok(())
    }

    /// Takes what is committed for `order` out of the shop and forgets the order.
    pub fn settle(&mut self, order: &OrderId) {
        if self.open.get(order).is_some_and(|held| held.state == ReservationState::Committed)
            && let Some(sold) = self.open.remove(order)
        {
            self.on_hand -= sold.quantity.pieces();
        }
    }

    /// Releases what has expired at `now`.
    pub fn expire(&mut self, now: Timestamp) {
        self.open
            .retain(|_, held| held.state == ReservationState::Committed || held.expires_at > now);
    }

    /// When the first reservation expires, if none is committed before.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        let reserved = self.open.values().filter(|held| held.state == ReservationState::Reserved);
        reserved.map(|held| held.expires_at).min()
    }

    /// When the reminder must be set to, when the one that is set does not serve: an expiry comes
    /// before it, or it should have fired at `now`. Notes the new time.
    pub fn plan_sweep(&mut self, now: Timestamp) -> Option<Timestamp> {
        let next = self.next_expiry()?;
        if self.sweep_at.is_some_and(|planned| planned > now && planned <= next) {
            return None;
        }
        self.sweep_at = Some(next);
        self.sweep_at
    }

    /// Notes that the reminder has fired.
    pub fn swept(&mut self) {
        self.sweep_at = None;
    }

    /// How much there is.
    #[must_use]
    pub fn level(&self) -> Level {
        Level {
            product_id: self.product_id.clone(),
            name: self.name.clone(),
            unit_price: self.unit_price,
            on_hand: self.on_hand,
            reserved: self.reserved(),
            available: self.available(),
        }
    }

    fn held(&self, order: &OrderId, held: &Reservation) -> Held {
        Held {
            product_id: self.product_id.clone(),
            order_id: order.clone(),
            quantity: held.quantity,
            unit_price: held.unit_price,
            expires_at: held.expires_at,
        }
    }

    fn reserved(&self) -> u32 {
        self.open.values().map(|held| held.quantity.pieces()).sum()
    }

    fn available(&self) -> u32 {
        let reserved = self.reserved();
        assert!(reserved <= self.on_hand, "more pieces are reserved than are on hand");
        self.on_hand - reserved
    }
}

impl OnHand {
    /// The most pieces of one product.
    pub const MAX: u32 = 1_000_000_000;
}

impl TryFrom<i64> for OnHand {
    type Error = NotOnHand;

    fn try_from(pieces: i64) -> Result<Self, NotOnHand> {
        match u32::try_from(pieces) {
            Ok(pieces) if pieces <= Self::MAX => Ok(Self(pieces)),
            _ => Err(NotOnHand),
        }
    }
}

impl From<OnHand> for i64 {
    fn from(on_hand: OnHand) -> Self {
        on_hand.0.into()
    }
}

#[cfg(test)]
mod laws;
