//! Amounts as the provider counts them. Only this module converts.

use crate::domain::Money;
use crate::domain::money::{Currency, MoneyError, Terms};
use crate::ports::Failure;
use serde::Deserialize;

/// An amount in the provider's units.
#[derive(Debug, Deserialize)]
pub(super) struct Sum {
    amount: Option<i64>,
    currency: Option<String>,
}

impl Sum {
    /// The sum as money; none if the response has no sum.
    pub(super) fn money(self) -> Result<Option<Money>, Failure> {
        let (Some(amount), Some(currency)) = (self.amount, self.currency) else { return Ok(None) };
        counted(amount, &currency).map(Some)
    }
}

/// `money` in the provider's minor units.
pub(super) fn charged(money: Money) -> Result<i64, Failure> {
    let terms = terms(money.currency())?;
    if money.amount() % terms.step != 0 {
        return Err(not_representable(format!("{money} is not a multiple of {}", terms.step)));
    }
    let (finer, coarser) = units(terms);
    Ok(money.amount() * finer / coarser)
}

/// The money that the provider counts as `amount` of `currency`, in upper or lower case.
fn counted(amount: i64, currency: &str) -> Result<Money, Failure> {
    let why = |why: MoneyError| not_representable(format!("{amount} of {currency}: {why}"));
    let currency: Currency = currency.to_ascii_uppercase().parse().map_err(why)?;
    let (finer, coarser) = units(terms(currency)?);
    if amount % finer != 0 {
        return Err(not_representable(format!(
            "{amount} of {currency} is less than its minor unit"
        )));
    }
    let amount = (amount / finer).checked_mul(coarser).ok_or(MoneyError::OutOfBounds);
    amount.and_then(|amount| Money::new(amount, currency)).map_err(why)
}

/// How many of the provider's units one of the shop's is, and vice versa: one of them is 1.
fn units(terms: Terms) -> (i64, i64) {
    let finer = terms.charged_decimals.saturating_sub(terms.decimals);
    let coarser = terms.decimals.saturating_sub(terms.charged_decimals);
    (10_i64.pow(finer), 10_i64.pow(coarser))
}

fn terms(currency: Currency) -> Result<Terms, Failure> {
    currency.terms().ok_or_else(|| not_representable(format!("{currency} is not accepted")))
}

fn not_representable(why: String) -> Failure {
    Failure::new("payment provider", "count money", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(amount: i64, currency: &str) -> Money {
        Money::new(amount, currency.parse().unwrap()).unwrap()
    }

    /// A sum of each currency in minor units of ISO 4217, and as
    /// [Stripe](https://docs.stripe.com/currencies#minor-units) counts it.
    const COUNTED: [(&str, i64, i64); 41] = [
        ("AED", 1_234, 1_234),
        ("AUD", 1_234, 1_234),
        ("BHD", 1_230, 1_230),
        ("BRL", 1_234, 1_234),
        ("CAD", 1_234, 1_234),
        ("CHF", 1_234, 1_234),
        ("CLP", 1_234, 1_234),
        ("COP", 1_234, 1_234),
        ("CZK", 1_234, 1_234),
        ("DKK", 1_234, 1_234),
        ("EUR", 1_234, 1_234),
        ("GBP", 1_234, 1_234),
        ("HKD", 1_234, 1_234),
        ("HUF", 1_234, 1_234),
        ("ILS", 1_234, 1_234),
        ("INR", 1_234, 1_234),
        ("ISK", 1_234, 123_400),
        ("JOD", 1_230, 1_230),
        ("JPY", 1_234, 1_234),
        ("KRW", 1_234, 1_234),
        ("KWD", 1_230, 1_230),
        ("MGA", 1_200, 12),
        ("MXN", 1_234, 1_234),
        ("MYR", 1_234, 1_234),
        ("NOK", 1_234, 1_234),
        ("NZD", 1_234, 1_234),
        ("OMR", 1_230, 1_230),
        ("PHP", 1_234, 1_234),
        ("PLN", 1_234, 1_234),
        ("PYG", 1_234, 1_234),
        ("RON", 1_234, 1_234),
        ("SEK", 1_234, 1_234),
        ("SGD", 1_234, 1_234),
        ("THB", 1_234, 1_234),
        ("TND", 1_230, 1_230),
        ("TRY", 1_234, 1_234),
        ("TWD", 1_234, 1_234),
        ("UGX", 1_234, 123_400),
        ("USD", 1_234, 1_234),
        ("VND", 1_234, 1_234),
        ("ZAR", 1_234, 1_234),
    ];

    #[test]
    fn every_currency_is_counted_as_the_providers_page_says_both_ways() {
        for (currency, amount, there) in COUNTED {
            assert_eq!(charged(money(amount, currency)).unwrap(), there, "{currency}");
            let named = currency.to_ascii_lowercase();
            assert_eq!(counted(there, &named).unwrap(), money(amount, currency));
        }
        let taken: Vec<_> = Currency::taken().collect();
        let codes: Vec<_> = taken.iter().map(Currency::as_str).collect();
        assert_eq!(codes, COUNTED.map(|(currency, ..)| currency));
        for currency in taken {
            let terms = currency.terms().unwrap();
            let most = terms.most() / terms.step * terms.step;
            for amount in [0, terms.step, terms.least, most] {
                let money = Money::new(amount, currency).unwrap();
                let there = charged(money).unwrap();
                assert!(there <= Money::MAX_AMOUNT, "{money}");
                assert_eq!(counted(there, currency.as_str()).unwrap(), money);
            }
        }
    }

    #[test]
    fn what_cannot_be_counted_is_a_failure() {
        for (amount, currency) in [(5_124, "KWD"), (150, "MGA"), (100, "XXX"), (100, "BGN")] {
            assert!(charged(money(amount, currency)).is_err(), "{currency}");
        }
        for (amount, currency) in [
            (550, "isk"),
            (-1, "eur"),
            (100_000_000, "eur"),
            (i64::MAX, "mga"),
            (100, "xxx"),
            (100, "euro"),
        ] {
            assert!(counted(amount, currency).is_err(), "{amount} {currency}");
        }
    }

    proptest! {
        #[test]
        fn amounts_survive_conversion(
            steps in 0..9_999_i64, currency in "EUR|JPY|ISK|UGX|MGA|KWD"
        ) {
            let terms = money(0, &currency).currency().terms().unwrap();
            let there = charged(money(steps * terms.step, &currency)).unwrap();
            let unit = |decimals: u32| i128::from(10_i64.pow(decimals));
            // In whole units of the currency, both are the same.
            prop_assert_eq!(
                i128::from(there) * unit(terms.decimals),
                i128::from(steps * terms.step) * unit(terms.charged_decimals)
            );
            prop_assert!(there <= Money::MAX_AMOUNT || steps * terms.step > terms.most());
        }
    }
}
