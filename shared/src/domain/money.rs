//! Money: an amount in minor units of one currency. Never a float.

mod asked;
mod currency;

pub use asked::{NewMoney, asked, asked_if_any};
pub use currency::{Currency, Terms};

use super::Refusal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A sum of money, such as 12.50 euro: `{"amount": 1250, "currency": "EUR"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    amount: Amount,
    currency: Currency,
}

/// Minor units, such as cents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
#[schemars(extend("minimum" = 0, "maximum" = Money::MAX_AMOUNT))]
struct Amount(i64);

/// Why a sum of money is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two currencies cannot be added.
    #[error("the currencies differ")]
    MixedCurrencies,
    /// An amount is negative or above [`Money::MAX_AMOUNT`].
    #[error("must be between 0 and {}", Money::MAX_AMOUNT)]
    OutOfBounds,
    /// A currency is not three upper case letters.
    #[error("must be three upper case letters (ISO 4217), such as EUR")]
    NotACurrency,
    /// A currency is not accepted by the shop.
    #[error("is not accepted by this shop")]
    NotTaken,
}

impl Money {
    /// The largest amount, in minor units: the eight digits that the payment provider
    /// [accepts](https://docs.stripe.com/api/payment_intents/create#create_payment_intent-amount).
    pub const MAX_AMOUNT: i64 = 99_999_999;

    /// `amount` minor units of `currency`.
    ///
    /// # Errors
    /// [`MoneyError::OutOfBounds`].
    pub fn new(amount: i64, currency: Currency) -> Result<Self, MoneyError> {
        Ok(Self { amount: amount.try_into()?, currency })
    }

    /// `amount` minor units of the same currency, clamped to the bounds.
    #[must_use]
    pub fn with_amount(self, amount: i64) -> Self {
        Self { amount: Amount(amount.clamp(0, Self::MAX_AMOUNT)), currency: self.currency }
    }

    /// Minor units, 0 to [`Money::MAX_AMOUNT`].
    #[must_use]
    pub fn amount(self) -> i64 {
        self.amount.0
    }

    /// The currency.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::MixedCurrencies`] or [`MoneyError::OutOfBounds`].
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::MixedCurrencies);
        }
        Self::new(self.amount() + other.amount(), self.currency)
    }

    /// The price of `quantity` pieces.
    ///
    /// # Errors
    /// [`MoneyError::OutOfBounds`].
    pub fn times(self, quantity: u32) -> Result<Self, MoneyError> {
        // Both factors are below 2^32, so the product fits.
        Self::new(self.amount() * i64::from(quantity), self.currency)
    }
}

impl Money {
    /// Whether one payment can carry this total; 0 needs no payment.
    ///
    /// # Errors
    /// [`Refusal::CurrencyNotTaken`], [`Refusal::TotalTooSmall`] or [`Refusal::TotalTooLarge`].
    pub fn payable(self) -> Result<(), Refusal> {
        let Some(terms) = self.currency.terms() else {
            return Err(Refusal::CurrencyNotTaken { currency: self.currency });
        };
        match self.amount() {
            0 => Ok(()),
            amount if amount < terms.least => {
                Err(Refusal::TotalTooSmall { least: self.with_amount(terms.least) })
            }
            amount if amount > terms.most() => Err(Refusal::TotalTooLarge),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} minor units of {}", self.amount(), self.currency)
    }
}

impl TryFrom<i64> for Amount {
    type Error = MoneyError;

    fn try_from(amount: i64) -> Result<Self, MoneyError> {
        if (0..=Money::MAX_AMOUNT).contains(&amount) {
            Ok(Self(amount))
        } else {
            Err(MoneyError::OutOfBounds)
        }
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn euro(amount: i64) -> Money {
        Money::new(amount, "EUR".parse().unwrap()).unwrap()
    }

    prop_compose! {
        fn any_money()(amount in 0..=Money::MAX_AMOUNT, currency in "EUR|USD|JPY") -> Money {
            Money::new(amount, currency.parse().unwrap()).unwrap()
        }
    }

    proptest! {
        #[test]
        fn adding_commutes(a in any_money(), b in any_money()) {
            prop_assert_eq!(a.plus(b), b.plus(a));
        }

        #[test]
        fn a_sum_is_exact_or_refused(a in any_money(), b in any_money()) {
            match a.plus(b) {
                Ok(sum) => prop_assert_eq!(sum.amount(), a.amount() + b.amount()),
                Err(MoneyError::MixedCurrencies) => prop_assert_ne!(a.currency(), b.currency()),
                Err(other) => prop_assert_eq!(other, MoneyError::OutOfBounds),
            }
        }

        #[test]
        fn multiplying_equals_repeated_addition(a in 0..10_000_i64, times in 1..50_u32) {
            let sum = (1..times).try_fold(euro(a), |sum, _| sum.plus(euro(a)));
            prop_assert_eq!(euro(a).times(times), sum);
        }

        #[test]
        fn no_quantity_overflows(a in any_money(), times in any::<u32>()) {
            let _ = a.times(times);
        }

        #[test]
        fn money_survives_a_round_trip(a in any_money()) {
            let json = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), a);
        }
    }

    #[test]
    fn a_payment_is_zero_or_within_the_bounds_of_the_provider() {
        let money = |amount, currency: &str| Money::new(amount, currency.parse().unwrap()).unwrap();
        for (amount, currency) in [(0, "EUR"), (50, "EUR"), (99_999_999, "EUR"), (999_999, "UGX")] {
            assert_eq!(money(amount, currency).payable(), Ok(()), "{amount} {currency}");
        }
        let least = euro(50);
        assert_eq!(euro(49).payable(), Err(Refusal::TotalTooSmall { least }));
        assert_eq!(money(1_000_000, "UGX").payable(), Err(Refusal::TotalTooLarge));
        let currency = "HRK".parse().unwrap();
        let refused = Err(Refusal::CurrencyNotTaken { currency });
        assert_eq!(money(500, "HRK").payable(), refused);
    }

    #[test]
    fn the_wire_format_is_integer_minor_units() {
        assert_eq!(
            serde_json::to_string(&euro(1250)).unwrap(),
            r#"{"amount":1250,"currency":"EUR"}"#
        );
        for bad in [
            r#"{"amount":12.5,"currency":"EUR"}"#,
            r#"{"amount":-1,"currency":"EUR"}"#,
            r#"{"amount":100000000,"currency":"EUR"}"#,
            r#"{"amount":"1","currency":"EUR"}"#,
            r#"{"amount":1,"currency":"eur"}"#,
            r#"{"amount":1}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
        // What a later version may add.
        let more = r#"{"amount":1250,"currency":"EUR","scale":2}"#;
        assert_eq!(serde_json::from_str::<Money>(more).unwrap(), euro(1250));
    }
}
