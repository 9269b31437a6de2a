//! What a customer orders. Callers' requests are checked against every bound as they are read; what is
//! stored is read as it is.

mod asked;

pub use asked::{NewAddress, NewItem, asked_address, asked_items};

use super::money::MoneyError;
use super::text::{Country, Email, PaymentMethod, Text};
use super::{CustomerId, Money, OrderId, ProductId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The address of a customer who was erased, in a domain that never has any
/// ([RFC 2606](https://www.rfc-editor.org/rfc/rfc2606)).
const ERASED_EMAIL: &str = "erased@erased.invalid";

/// An order as a customer placed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder {
    /// The customer's id in the caller's system: 1 to 64 characters.
    pub customer_id: CustomerId,
    /// The address for mail about the order.
    pub email: Email,
    /// 1 to 100 items of different products.
    pub items: Items,
    /// The payment method: a token of the provider such as `pm_card_visa`.
    pub payment_method: PaymentMethod,
    /// The address that it is shipped to.
    pub ship_to: Address,
}

/// An order that the shop has accepted: the input of its workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacedOrder {
    /// The id of the order and of its workflow.
    pub order_id: OrderId,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// The order as the customer sent it.
    pub order: NewOrder,
}

/// 1 to 100 items of different products, prices given in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Items(Vec<Item>);

/// Some pieces of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// The product, by its id in the inventory.
    pub product_id: ProductId,
    /// Pieces of it, 1 to 1,000.
    pub quantity: Quantity,
    /// The price of one piece that the customer saw; the order is refused when it differs from the
    /// shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
}

/// A number of pieces, 1 to 1,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "i64")]
#[schemars(try_from = "i64", extend("minimum" = 1, "maximum" = Quantity::MAX))]
pub struct Quantity(u32);

/// The address that an order is shipped to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// The recipient, at most 100 characters.
    pub name: Text<100>,
    /// Street and number, at most 200 characters.
    pub line1: Text<200>,
    /// The city, at most 100 characters.
    pub city: Text<100>,
    /// The postal code, at most 20 characters.
    pub postal_code: Text<20>,
    /// The country, by ISO 3166-1 alpha-2.
    pub country: Country,
}

/// Why a list of items is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemsError {
    /// There are none, or more than [`Items::MAX`].
    #[error("must hold 1 to {} items", Items::MAX)]
    Count,
    /// Two items name the same product.
    #[error("names {0} twice; add up the quantities")]
    Duplicate(ProductId),
    /// The prices given are in different currencies.
    #[error("mixes currencies")]
    MixedCurrencies,
}

/// A quantity out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and {}", Quantity::MAX)]
pub struct NotAQuantity;

impl Items {
    /// The most items an order has.
    pub const MAX: usize = 100;

    /// The items, in the order in which they were sent.
    pub fn iter(&self) -> std::slice::Iter<'_, Item> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Items {
    type Item = &'a Item;
    type IntoIter = std::slice::Iter<'a, Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl TryFrom<Vec<Item>> for Items {
    type Error = ItemsError;

    fn try_from(items: Vec<Item>) -> Result<Self, ItemsError> {
        if !(1..=Self::MAX).contains(&items.len()) {
            return Err(ItemsError::Count);
        }
        let mut seen = HashSet::new();
        if let Some(twice) = items.iter().find(|item| !seen.insert(&item.product_id)) {
            return Err(ItemsError::Duplicate(twice.product_id.clone()));
        }
        let mut currencies = items.iter().filter_map(|item| item.unit_price).map(Money::currency);
        let first = currencies.next();
        if currencies.any(|currency| Some(currency) != first) {
            return Err(ItemsError::MixedCurrencies);
        }
        Ok(Self(items))
    }
}

impl Quantity {
    /// The most pieces of one product in one order.
    pub const MAX: u32 = 1000;

    /// The number of pieces, 1 to 1,000.
    #[must_use]
    pub fn pieces(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = NotAQuantity;

    fn try_from(pieces: i64) -> Result<Self, NotAQuantity> {
        match u32::try_from(pieces) {
            Ok(pieces) if (1..=Self::MAX).contains(&pieces) => Ok(Self(pieces)),
            _ => Err(NotAQuantity),
        }
    }
}

impl From<Quantity> for i64 {
    fn from(quantity: Quantity) -> Self {
        quantity.0.into()
    }
}

impl NewOrder {
    /// Replaces what identifies the customer by placeholders.
    pub(super) fn erase_customer(&mut self) {
        const ERASED: &str = "erased";
        let erased = "email and texts are within their bounds";
        self.email = ERASED_EMAIL.to_owned().try_into().expect(erased);
        self.ship_to.name = ERASED.to_owned().try_into().expect(erased);
        self.ship_to.line1 = ERASED.to_owned().try_into().expect(erased);
        self.ship_to.city = ERASED.to_owned().try_into().expect(erased);
        self.ship_to.postal_code = ERASED.to_owned().try_into().expect(erased);
        self.payment_method = ERASED.to_owned().try_into().expect(erased);
    }

    /// Whether the customer was erased: there is no address to write to.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.email.as_str() == ERASED_EMAIL
    }
}

/// `sum` so far, if there is any, and what `quantity` pieces cost at `price`.
///
/// # Errors
/// [`MoneyError`], when the currencies differ or the sum is too large.
pub fn add(sum: Option<Money>, price: Money, quantity: Quantity) -> Result<Money, MoneyError> {
    let cost = price.times(quantity.pieces())?;
    sum.map_or(Ok(cost), |sum| sum.plus(cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_between_1_and_1000() {
        for (pieces, good) in
            [(0, false), (1, true), (1000, true), (1001, false), (-1, false), (i64::MAX, false)]
        {
            assert_eq!(Quantity::try_from(pieces).is_ok(), good, "{pieces}");
        }
    }

    #[test]
    fn the_total_adds_up_price_times_quantity() {
        let price = |amount, currency: &str| Money::new(amount, currency.parse().unwrap()).unwrap();
        let two = Quantity::try_from(2).unwrap();
        assert_eq!(add(None, price(150, "EUR"), two), Ok(price(300, "EUR")));
        let sum = Some(price(300, "EUR"));
        assert_eq!(add(sum, price(100, "EUR"), two), Ok(price(500, "EUR")));
        assert_eq!(add(sum, price(1, "USD"), two), Err(MoneyError::MixedCurrencies));
        assert_eq!(add(None, price(Money::MAX_AMOUNT, "EUR"), two), Err(MoneyError::OutOfBounds));
    }
}
