//! Items and addresses as callers send them: by the rules of today.

use super::{Address, Item, Items, Quantity};
use crate::domain::money::{Money, asked_if_any};
use crate::domain::text::{Country, Text};
use crate::domain::{ProductId, strict};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(remote = "Item")]
struct AskedItem {
    product_id: ProductId,
    #[serde(deserialize_with = "strict::number")]
    quantity: Quantity,
    #[serde(default, deserialize_with = "asked_if_any")]
    unit_price: Option<Money>,
}

#[derive(Deserialize)]
#[serde(remote = "Address")]
struct AskedAddress {
    #[serde(deserialize_with = "strict::text")]
    name: Text<100>,
    #[serde(deserialize_with = "strict::text")]
    line1: Text<200>,
    #[serde(deserialize_with = "strict::text")]
    city: Text<100>,
    #[serde(deserialize_with = "strict::text")]
    postal_code: Text<20>,
    #[serde(deserialize_with = "strict::text")]
    country: Country,
}

/// Reads items as a caller sends them: for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When an item or the list is out of its bounds.
pub fn asked_items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Items, D::Error> {
    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "AskedItem::deserialize")] Item);
    let items = Vec::<Wrapped>::deserialize(deserializer)?;
    let items: Vec<Item> = items.into_iter().map(|Wrapped(item)| item).collect();
    items.try_into().map_err(D::Error::custom)
}

/// Reads an address as a caller sends it: for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When a part of it is out of its bounds.
pub fn asked_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
    AskedAddress::deserialize(deserializer)
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
        assert_eq!(items(&json!([coins])), Err("is not taken by this shop".into()));
        let many: Vec<_> = (0..101).map(|n| euro(&n.to_string())).collect();
        assert_eq!(items(&json!(many)), Err("must hold 1 to 100 items".into()));
    }
}
