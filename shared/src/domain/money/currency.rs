//! The currencies that the shop accepts.

use super::{Money, MoneyError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An [ISO 4217](https://www.iso.org/iso-4217-currency-codes.html) code: three upper case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Z]{3}$"))]
pub struct Currency([u8; 3]);

/// A currency that the shop accepts, and how it is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The decimals of its minor unit by ISO 4217, in which the shop counts.
    pub decimals: u32,
    /// The decimals of the unit in which the payment provider counts.
    pub charged_decimals: u32,
    /// The smallest amount that can be charged, in minor units of ISO 4217.
    pub least: i64,
    /// Every amount is a multiple of this, in minor units of ISO 4217.
    pub step: i64,
}

/// Code, decimals by ISO 4217, decimals at the provider, and the least charge in minor units of
/// ISO 4217.
///
/// The provider's decimals are
/// [Stripe's](https://docs.stripe.com/currencies#minor-units), special cases included: ISK and UGX
/// have two there for compatibility, MGA has none, and amounts with three end in 0. The
/// least charges are
/// [Stripe's](https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts) where it names
/// one. Elsewhere it is what a charge must be worth after conversion, which moves with the rates:
/// these are the round amounts above about a US dollar.
const TAKEN: &[(&str, u32, u32, i64)] = &[
    ("AED", 2, 2, 200),
    ("AUD", 2, 2, 50),
    ("BHD", 3, 3, 500),
    ("BRL", 2, 2, 50),
    ("CAD", 2, 2, 50),
    ("CHF", 2, 2, 50),
    ("CLP", 0, 0, 1_000),
    ("COP", 2, 2, 500_000),
    ("CZK", 2, 2, 1_500),
    ("DKK", 2, 2, 250),
    ("EUR", 2, 2, 50),
    ("GBP", 2, 2, 30),
    ("HKD", 2, 2, 400),
    ("HUF", 2, 2, 17_500),
    ("ILS", 2, 2, 500),
    ("INR", 2, 2, 50),
    ("ISK", 0, 2, 150),
    ("JOD", 3, 3, 1_000),
    ("JPY", 0, 0, 50),
    ("KRW", 0, 0, 1_500),
    ("KWD", 3, 3, 500),
    ("MGA", 2, 0, 500_000),
    ("MXN", 2, 2, 1_000),
    ("MYR", 2, 2, 200),
    ("NOK", 2, 2, 300),
    ("NZD", 2, 2, 50),
    ("OMR", 3, 3, 500),
    ("PHP", 2, 2, 6_000),
    ("PLN", 2, 2, 200),
    ("PYG", 0, 0, 8_000),
    ("RON", 2, 2, 200),
    ("SEK", 2, 2, 300),
    ("SGD", 2, 2, 50),
    ("THB", 2, 2, 1_000),
    ("TND", 3, 3, 3_500),
    ("TRY", 2, 2, 5_000),
    ("TWD", 2, 2, 4_000),
    ("UGX", 0, 2, 4_000),
    ("USD", 2, 2, 50),
    ("VND", 0, 0, 27_000),
    ("ZAR", 2, 2, 2_000),
];

impl Currency {
    /// The code, such as `EUR`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).expect("a currency is ASCII by construction")
    }

    /// Every currency that the shop accepts, by code.
    pub fn taken() -> impl Iterator<Item = Self> {
        TAKEN.iter().filter_map(|(code, ..)| code.parse().ok())
    }

    /// How the currency is charged, if the shop accepts it.
    #[must_use]
    pub fn terms(self) -> Option<Terms> {
        let row = TAKEN.iter().find(|(code, ..)| code.as_bytes() == self.0)?;
        let (_, decimals, charged_decimals, least) = *row;
        let step =
            if decimals == 3 { 10 } else { 10_i64.pow(decimals.saturating_sub(charged_decimals)) };
        Some(Terms { decimals, charged_decimals, least, step })
    }
}

impl Terms {
    /// The largest amount that can be charged, in minor units of ISO 4217: [`Money::MAX_AMOUNT`] of
    /// the provider's units.
    #[must_use]
    pub fn most(self) -> i64 {
        let finer = self.charged_decimals.saturating_sub(self.decimals);
        Money::MAX_AMOUNT / 10_i64.pow(finer)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(MoneyError::NotACurrency),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        code.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_currency_has_the_decimals_of_iso_4217() {
        for (code, decimals, _, least) in TAKEN {
            let known = iso_currency::Currency::from_code(code).expect(code);
            assert!(!known.is_superseded().is_some_and(|_| true), "{code} is superseded");
            assert_eq!(known.exponent().map(u32::from), Some(*decimals), "{code}");
            let terms = code.parse::<Currency>().unwrap().terms().unwrap();
            assert_eq!(least % terms.step, 0, "{code}");
        }
        assert!(TAKEN.is_sorted_by_key(|(code, ..)| *code));
    }

    #[test]
    fn the_provider_s_special_cases_are_in_the_table() {
        let charged = |code: &str| {
            let terms = code.parse::<Currency>().unwrap().terms().unwrap();
            (terms.charged_decimals, terms.step, terms.most())
        };
        assert_eq!(charged("EUR"), (2, 1, 99_999_999));
        assert_eq!(charged("JPY"), (0, 1, 99_999_999));
        for code in ["ISK", "UGX"] {
            assert_eq!(charged(code), (2, 1, 999_999));
        }
        assert_eq!(charged("MGA"), (0, 100, 99_999_999));
        for code in ["BHD", "JOD", "KWD", "OMR", "TND"] {
            assert_eq!(charged(code), (3, 10, 99_999_999));
        }
    }

    #[test]
    fn superseded_currency_codes_are_rejected() {
        for code in ["XXX", "ZZZ", "DEM", "HRK", "BGN", "XAU"] {
            assert_eq!(code.parse::<Currency>().unwrap().terms(), None, "{code}");
        }
    }
}
