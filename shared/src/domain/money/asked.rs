//! Money as callers send it: in a currency that the shop accepts, and without further fields. What is
//! stored is read by [`Money`] itself, even when the shop no longer accepts its currency.

use super::{Amount, Currency, Money, MoneyError};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A sum of money in a currency that the shop accepts, such as 12.50 euro:
/// `{"amount": 1250, "currency": "EUR"}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMoney {
    /// Minor units, such as cents; in some currencies a multiple of 10 or 100.
    amount: Amount,
    currency: Taken,
}

/// The ISO 4217 code of a currency that the shop accepts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("enum" = Currency::taken().collect::<Vec<_>>()))]
struct Taken(Currency);

impl TryFrom<String> for Taken {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        let currency: Currency = code.parse()?;
        currency.terms().map(|_| Self(currency)).ok_or(MoneyError::NotTaken)
    }
}

/// Reads a sum as a caller sends it: for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When the currency is not accepted, or the amount cannot be charged in it.
pub fn asked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let NewMoney { amount, currency: Taken(currency) } = NewMoney::deserialize(deserializer)?;
    let step = currency.terms().map_or(1, |terms| terms.step);
    if amount.0 % step != 0 {
        let why = format!("amount: must be a multiple of {step} in {currency}");
        return Err(D::Error::custom(why));
    }
    Ok(Money { amount, currency })
}

/// Like [`asked`], for an optional sum.
///
/// # Errors
/// As [`asked`].
pub fn asked_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Money>, D::Error> {
    #[derive(Deserialize)]
    struct Wrapped(#[serde(deserialize_with = "asked")] Money);
    Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|Wrapped(money)| money))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn ask(sum: &Value) -> Result<Money, String> {
        asked(sum).map_err(|error| error.to_string())
    }

    #[test]
    fn a_caller_sends_money_that_can_be_charged() {
        assert!(ask(&json!({"amount": 1, "currency": "EUR"})).is_ok());
        assert!(ask(&json!({"amount": 0, "currency": "UGX"})).is_ok());
        assert!(ask(&json!({"amount": 5_120, "currency": "KWD"})).is_ok());
        for (sum, why) in [
            (json!({"amount": 1, "currency": "XXX"}), "is not accepted by this shop"),
            (json!({"amount": 1, "currency": "BGN"}), "is not accepted by this shop"),
            (json!({"amount": 1, "currency": "eur"}), "three upper case letters"),
            (json!({"amount": 5_124, "currency": "KWD"}), "must be a multiple of 10 in KWD"),
            (json!({"amount": 150, "currency": "MGA"}), "must be a multiple of 100 in MGA"),
            (json!({"amount": 1, "currency": "EUR", "scale": 2}), "unknown field `scale`"),
            (json!({"amount": -1, "currency": "EUR"}), "must be between 0 and"),
        ] {
            let error = ask(&sum).unwrap_err();
            assert!(error.contains(why), "{sum}: {error}");
        }
    }

    #[test]
    fn stored_money_is_read_even_when_its_currency_is_no_longer_accepted() {
        let stored = json!({"amount": 1, "currency": "HRK", "scale": 2});
        assert_eq!(serde_json::from_value::<Money>(stored).unwrap().currency().as_str(), "HRK");
    }
}
