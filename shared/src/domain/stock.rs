//! Stock of one product: what is on hand, its price, and which orders have reserved how much until when.

mod changes;
mod offer;
mod reservation;
mod turn;

pub use changes::{Adjust, ChangeId, Changed, Condition, Put, Rejection};
pub use offer::{NewOffer, NotOnHand, Offer, OnHand};
pub use reservation::{Held, Reserve};
pub use turn::{Command, Reply, TurnResult, turn};

use self::changes::Past;
use self::reservation::{Reservation, ReservationState};
use super::text::Text;
use super::{Money, OrderId, ProductId, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The stock of one product: the document of its actor. Its size follows the orders in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    product_id: ProductId,
    name: Text<200>,
    unit_price: Money,
    on_hand: u32,
    open: BTreeMap<OrderId, Reservation>,
    /// Reservations that expired without being released, and can be renewed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    lapsed: BTreeMap<OrderId, Reservation>,
    /// Increases with each change that [`Level`] shows.
    #[serde(default)]
    revision: u64,
    /// The most recent changes, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Past>,
    /// When the actor's reminder fires, if one is set.
    sweep_at: Option<Timestamp>,
}

/// The stock level of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// The product.
    pub product_id: ProductId,
    /// The name that customers see.
    pub name: Text<200>,
    /// The price of one piece.
    pub unit_price: Money,
    /// Pieces on hand, reserved ones included.
    pub on_hand: u32,
    /// Pieces held for orders.
    pub reserved: u32,
    /// Pieces that can be reserved: on hand less reserved.
    pub available: u32,
    /// Increases with each change of the other fields.
    #[serde(default)]
    pub revision: u64,
}

impl Stock {
    /// The most reservations open at once; further ones wait. It keeps the document below
    /// [`Stock::MAX_BYTES`].
    pub const MAX_OPEN: usize = 5_000;

    /// The most bytes of a document as JSON, well below the 2 MB of an item in
    /// [Cosmos DB](https://learn.microsoft.com/azure/cosmos-db/concepts-limits#per-item-limits).
    pub const MAX_BYTES: usize = 1_500_000;

    /// The most lapsed reservations that are remembered.
    pub const MAX_LAPSED: usize = 500;

    /// How long a lapsed reservation is remembered: longer than an order goes forward, with a margin
    /// for an outage of the workflow engine.
    pub const LAPSED_FOR: SignedDuration = SignedDuration::from_hours(24);

    /// A product put on sale.
    #[must_use]
    pub fn new(product_id: ProductId, offer: Offer) -> Self {
        let Offer { name, unit_price, on_hand } = offer;
        Self {
            product_id,
            name,
            unit_price,
            on_hand: on_hand.pieces(),
            open: BTreeMap::new(),
            lapsed: BTreeMap::new(),
            revision: 1,
            changes: Vec::new(),
            sweep_at: None,
        }
    }

    /// Sets name, price and stock; what is reserved stays reserved at its price.
    ///
    /// # Errors
    /// [`Refusal::BelowReserved`].
    pub fn set(&mut self, offer: Offer) -> Result<(), Refusal> {
        let reserved = self.reserved();
        if offer.on_hand.pieces() < reserved {
            return Err(Refusal::BelowReserved { product_id: self.product_id.clone(), reserved });
        }
        let level = self.level();
        self.name = offer.name;
        self.unit_price = offer.unit_price;
        self.on_hand = offer.on_hand.pieces();
        self.revision += u64::from(self.level() != level);
        Ok(())
    }

    /// Reserves pieces for an order from `now` on. Repeated, it returns the same reservation, unless the
    /// customer saw another price than the reserved one.
    ///
    /// # Errors
    /// [`Refusal`]: `out-of-stock`, `price-changed`, `reservation-mismatch`; `too-many-reservations`,
    /// which is temporary: others end.
    pub fn reserve(&mut self, ask: &Reserve, now: Timestamp) -> Result<Held, Refusal> {
        let product_id = self.product_id.clone();
        let held = self.open.get(&ask.order_id);
        let unit_price = held.map_or(self.unit_price, |held| held.unit_price);
        if ask.seen_price.is_some_and(|seen| seen != unit_price) {
            return Err(Refusal::PriceChanged { product_id, unit_price });
        }
        if let Some(held) = held {
            let same = held.quantity == ask.quantity;
            let refusal = Refusal::ReservationMismatch { product_id };
            return if same { Ok(self.held(&ask.order_id, held)) } else { Err(refusal) };
        }
        if self.available() < ask.quantity.pieces() {
            return Err(Refusal::OutOfStock { product_id });
        }
        if self.open.len() >= Self::MAX_OPEN {
            return Err(Refusal::TooManyReservations { product_id });
        }
        Ok(self.add(ask, now))
    }

    fn add(&mut self, ask: &Reserve, now: Timestamp) -> Held {
        let reservation = Reservation {
            quantity: ask.quantity,
            unit_price: self.unit_price,
            state: ReservationState::Reserved,
            expires_at: now.saturating_add(ask.hold_for).unwrap_or(Timestamp::MAX),
        };
        let held = self.held(&ask.order_id, &reservation);
        self.lapsed.remove(&ask.order_id);
        self.open.insert(ask.order_id.clone(), reservation);
        self.revision += 1;
        held
    }

    /// Commits the reservation of `order`, which then no longer expires. One that has lapsed is renewed
    /// if the pieces are available at its price. Repeated, it changes nothing.
    ///
    /// # Errors
    /// [`Refusal`]: `reservation-expired`, when nothing was reserved or the pieces are no longer available;
    /// `price-changed`, when the price has changed.
    pub fn commit(&mut self, order: &OrderId) -> Result<(), Refusal> {
        if !self.open.contains_key(order) {
            self.take_again(order)?;
        }
        if let Some(held) = self.open.get_mut(order) {
            held.state = ReservationState::Committed;
        }
        Ok(())
    }

    fn take_again(&mut self, order: &OrderId) -> Result<(), Refusal> {
        let (product_id, unit_price) = (self.product_id.clone(), self.unit_price);
        match self.lapsed.get(order) {
            Some(lapsed) if lapsed.quantity.pieces() > self.available() => {
                Err(Refusal::ReservationExpired { product_id })
            }
            Some(lapsed) if lapsed.unit_price != unit_price => {
                Err(Refusal::PriceChanged { product_id, unit_price })
            }
            Some(_) => {
                self.open.extend(self.lapsed.remove_entry(order));
                self.revision += 1;
                Ok(())
            }
            None => Err(Refusal::ReservationExpired { product_id }),
        }
    }

    /// Releases the reservation of `order`, if any, and forgets the order: nothing can be
    /// committed for it any more.
    pub fn release(&mut self, order: &OrderId) {
        self.lapsed.remove(order);
        if self.open.remove(order).is_some() {
            self.revision += 1;
        }
    }

    /// Releases the reservation of `order`, if any, at the request of a caller outside its saga.
    ///
    /// # Errors
    /// [`Refusal::ReservationCommitted`]: the goods may have left.
    pub fn withdraw(&mut self, order: &OrderId) -> Result<(), Refusal> {
        if self.open.get(order).is_some_and(Reservation::is_committed) {
            return Err(Refusal::ReservationCommitted { product_id: self.product_id.clone() });
        }
        self.lapse(|id, _| id == order);
        Ok(())
    }

    /// Removes what is committed for `order` from the stock and forgets the order.
    pub fn settle(&mut self, order: &OrderId) {
        if self.open.get(order).is_some_and(Reservation::is_committed)
            && let Some(sold) = self.open.remove(order)
        {
            self.on_hand -= sold.quantity.pieces();
            self.revision += 1;
        }
    }

    /// Lapses the reservations that have expired at `now`, and forgets those that lapsed long ago.
    pub fn expire(&mut self, now: Timestamp) {
        self.lapse(|_, held| !held.is_committed() && held.expires_at <= now);
        self.lapsed.retain(|_, held| now.duration_since(held.expires_at) < Self::LAPSED_FOR);
    }

    fn lapse(&mut self, ends: impl Fn(&OrderId, &Reservation) -> bool) {
        let ended: Vec<_> = self.open.extract_if(.., |order, held| ends(order, held)).collect();
        self.revision += u64::from(!ended.is_empty());
        self.lapsed.extend(ended);
        while self.lapsed.len() > Self::MAX_LAPSED {
            let oldest = self.lapsed.iter().min_by_key(|(_, held)| held.expires_at);
            let oldest = oldest.map(|(order, _)| order.clone()).expect("some are remembered");
            self.lapsed.remove(&oldest);
        }
    }

    /// When the first uncommitted reservation expires.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Timestamp> {
        let reserved = self.open.values().filter(|held| !held.is_committed());
        reserved.map(|held| held.expires_at).min()
    }

    /// The time to set the reminder to, if it needs to change: an expiry comes before the current
    /// one, or that should have fired by `now`. Records the new time.
    pub fn plan_sweep(&mut self, now: Timestamp) -> Option<Timestamp> {
        let next = self.next_expiry()?;
        if self.sweep_at.is_some_and(|planned| planned > now && planned <= next) {
            return None;
        }
        self.sweep_at = Some(next);
        self.sweep_at
    }

    /// Records that the reminder has fired.
    pub fn swept(&mut self) {
        self.sweep_at = None;
    }

    /// The stock level.
    #[must_use]
    pub fn level(&self) -> Level {
        Level {
            product_id: self.product_id.clone(),
            name: self.name.clone(),
            unit_price: self.unit_price,
            on_hand: self.on_hand,
            reserved: self.reserved(),
            available: self.available(),
            revision: self.revision,
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

#[cfg(test)]
mod examples;
#[cfg(test)]
mod laws;
