//! What callers send, checked by the current rules: for `#[serde(deserialize_with)]` in types of
//! requests. The types themselves have wider bounds, because what an earlier version accepted
//! and stored must stay readable when a rule becomes stricter.

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::fmt::Display;

/// Reads a text that `T` accepts.
///
/// # Errors
/// When it is not a text, or not one that `T` accepts.
pub fn text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<String, Error: Display>,
    D: Deserializer<'de>,
{
    String::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
}

/// Like [`text`], for an optional one.
///
/// # Errors
/// As [`text`].
pub fn text_if_any<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<String, Error: Display>,
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(T::try_from).transpose().map_err(D::Error::custom)
}

/// Reads a number that `T` accepts.
///
/// # Errors
/// When it is not a whole number, or not one that `T` accepts.
pub fn number<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<i64, Error: Display>,
    D: Deserializer<'de>,
{
    i64::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use crate::domain::order::NewOrderRefund;
    use crate::domain::payment::NewPayment;
    use crate::domain::stock::NewOffer;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn takes<T: DeserializeOwned>(body: Value) -> bool {
        serde_json::from_value::<T>(body).is_ok()
    }

    #[test]
    fn requests_are_read_by_the_current_rules() {
        let euro = json!({"amount": 500, "currency": "EUR"});
        let payment =
            |method: &str| json!({"order_id": "a", "amount": euro, "payment_method": method});
        let offer = |name: &str, on_hand: i64| json!({"name": name, "unit_price": euro, "on_hand": on_hand});
        assert!(takes::<NewPayment>(payment("pm_card_visa")));
        assert!(takes::<NewOffer>(offer("Lamp", 5)));
        assert!(takes::<NewOrderRefund>(json!({"reason": "broken"})));
        assert!(
            takes::<NewOrderRefund>(json!({})) && takes::<NewOrderRefund>(json!({"reason": null}))
        );
        assert!(!takes::<NewPayment>(payment("pm card")));
        assert!(!takes::<NewOffer>(offer("", 5)));
        assert!(!takes::<NewOffer>(offer("Lamp", 1_000_000_001)));
        assert!(!takes::<NewOrderRefund>(json!({"reason": "\u{202e}"})));
    }
}
