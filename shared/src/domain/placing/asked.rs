//! Items and addresses as callers send them, checked by the current rules.

use super::{Address, Item, Items, Quantity};
use crate::domain::money::{Money, NewMoney, asked_if_any};
use crate::domain::text::{Country, Text};
use crate::domain::{ProductId, strict};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// Some pieces of one product.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(remote = "Item")]
#[schemars(rename = "NewItem", deny_unknown_fields)]
pub struct NewItem {
    /// The product, by its id in the inventory.
    product_id: ProductId,
    /// Pieces of it.
    #[serde(deserialize_with = "strict::number")]
    quantity: Quantity,
    /// The price of one piece that the customer saw; the order is cancelled when it differs from the shop's.
    #[serde(default, deserialize_with = "asked_if_any")]
    #[schemars(with = "Option<NewMoney>")]
    unit_price: Option<Money>,
}

/// The address that an order is shipped to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(remote = "Address")]
#[schemars(rename = "NewAddress", deny_unknown_fields)]
pub struct NewAddress {
    /// The recipient.
    #[serde(deserialize_with = "strict::text")]
    name: Text<100>,
    /// Street and number.
    #[serde(deserialize_with = "strict::text")]
    line1: Text<200>,
    /// The city.
    #[serde(deserialize_with = "strict::text")]
    city: Text<100>,
    /// The postal code.
    #[serde(deserialize_with = "strict::text")]
    postal_code: Text<20>,
    /// The country, by ISO 3166-1 alpha-2.
    #[serde(deserialize_with = "strict::text")]
    country: Country,
}

/// Reads items as a caller sends them: for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When an item or the list is out of its bounds.
pub fn asked_items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Items, D::Error> {
    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "NewItem::deserialize")] Item);
    let items = Vec::<Wrapped>::deserialize(deserializer)?;
    let items: Vec<Item> = items.into_iter().map(|Wrapped(item)| item).collect();
    items.try_into().map_err(D::Error::custom)
}

/// Reads an address as a caller sends it: for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When a part of it is out of its bounds.
pub fn asked_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    NewAddress::deserialize(deserializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn items(items: &Value) -> Result<Items, String> {
        asked_items(items).map_err(|error| error.to_string())
    }

    #[test]
    fn items_are_different_products_in_one_currency() {
        let euro = |product: &str| json!({"product_id": product, "quantity": 1, "unit_price": {"amount": 1, "currency": "EUR"}});
        let dollar = json!({"product_id": "c", "quantity": 1, "unit_price": {"amount": 1, "currency": "USD"}});
        let two = items(&json!([euro("a"), euro("b")])).unwrap();
        assert!((&two).into_iter().eq(two.iter()) && two.iter().count() == 2);
        assert_eq!(items(&json!([])), Err("must hold 1 to 100 items".into()));
        assert_eq!(
            items(&json!([euro("a"), euro("a")])),
            Err("names a twice; add up the quantities".into())
        );
        assert_eq!(items(&json!([euro("a"), dollar])), Err("mixes currencies".into()));
        let coins = json!({"product_id": "d", "quantity": 1, "unit_price": {"amount": 1, "currency": "XXX"}});
        assert_eq!(items(&json!([coins])), Err("is not accepted by this shop".into()));
        let many: Vec<_> = (0..101).map(|n| euro(&n.to_string())).collect();
        assert_eq!(items(&json!(many)), Err("must hold 1 to 100 items".into()));
    }
}
