//! Amounts as the provider counts them. Only this module converts.

use crate::domain::Money;
use crate::ports::Failure;

/// `money` in the provider's minor units.
pub(super) fn charged(money: Money) -> Result<i64, Failure> {
    let refused = |why: String| Failure::new("payment provider", "count money", why);
    let currency = money.currency();
    let terms = currency.terms().ok_or_else(|| refused(format!("{currency} is not taken")))?;
    if money.amount() % terms.step != 0 {
        return Err(refused(format!("{money} is no multiple of {}", terms.step)));
    }
    let finer = terms.charged_decimals.saturating_sub(terms.decimals);
    let coarser = terms.decimals.saturating_sub(terms.charged_decimals);
    Ok(money.amount() * 10_i64.pow(finer) / 10_i64.pow(coarser))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn money(amount: i64, currency: &str) -> Money {
        Money::new(amount, currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn amounts_are_counted_as_the_provider_s_page_says() {
        for (amount, currency, expected) in [
            (1_999, "EUR", 1_999),
            (500, "JPY", 500),
            (5, "ISK", 500),
            (5_000, "UGX", 500_000),
            (500_000, "MGA", 5_000),
            (5_120, "KWD", 5_120),
        ] {
            assert_eq!(charged(money(amount, currency)).unwrap(), expected, "{currency}");
        }
        for (amount, currency) in [(5_124, "KWD"), (150, "MGA"), (100, "XXX"), (100, "BGN")] {
            assert!(charged(money(amount, currency)).is_err(), "{currency}");
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
