//! The amounts that can be charged: <https://docs.stripe.com/currencies>.

use crate::payment::error::StripeError;

/// The largest amount, in minor units: eight digits, which every currency supports.
pub(crate) const MAX_AMOUNT: u64 = 99_999_999;

/// The minimum charges by currency, in minor units, for an account that settles in that currency:
/// <https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>. The minimum in any
/// other currency depends on an exchange rate; here it is 1.
const MIN_CHARGE: [(&str, u64); 24] = [
    ("aed", 200),
    ("aud", 50),
    ("bgn", 100),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// Amounts are whole units: <https://docs.stripe.com/currencies#zero-decimal>.
const ZERO_DECIMAL: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];

/// Amounts are thousandths, of which the last digit is 0:
/// <https://docs.stripe.com/currencies#three-decimal>.
const THREE_DECIMAL: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// Amounts are hundredths, yet whole units only: <https://docs.stripe.com/currencies#special-cases>.
const WHOLE_UNITS: [&str; 2] = ["isk", "ugx"];

/// Every other currency, with amounts in hundredths:
/// <https://docs.stripe.com/currencies#presentment-currencies>.
const TWO_DECIMAL: &str = "afn all amd ang aoa ars awg azn bam bbd bdt bmd bnd bob bsd bwp byn bzd cdf \
    cny cop crc cve dop dzd egp etb fjd fkp gel gip gmd gtq gyd hnl htg idr ils jmd kes kgs khr kyd kzt \
    lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mzn nad ngn nio npr pab pen pgk php pkr qar \
    rsd rub sar sbd scr shp sle sos srd std szl tjs top try ttd twd tzs uah uyu uzs wst xcd xcg yer zar \
    zmw";

/// Checks the amount of a charge.
///
/// # Errors
///
/// The currency is not supported, the amount is less than its minimum, or the currency cannot be charged
/// in that fraction.
pub(crate) fn check_charge(amount: u64, currency: &str) -> Result<(), StripeError> {
    check_currency(currency)?;
    let minimum =
        MIN_CHARGE.iter().find(|(code, _)| *code == currency).map_or(1, |(_, minimum)| *minimum);
    if amount < minimum {
        let message =
            format!("Amount must be at least {} {currency}", formatted(minimum, currency));
        return Err(StripeError::parameter("amount", message).coded("amount_too_small"));
    }
    check_fraction(amount, currency)
}

/// Checks that `amount` is one that the currency can be charged or refunded in.
///
/// # Errors
///
/// The currency has no such fraction.
pub(crate) fn check_fraction(amount: u64, currency: &str) -> Result<(), StripeError> {
    let step = if THREE_DECIMAL.contains(&currency) {
        10
    } else if WHOLE_UNITS.contains(&currency) {
        100
    } else {
        1
    };
    if amount.is_multiple_of(step) {
        return Ok(());
    }
    let message = format!("Invalid amount: amounts in {currency} must be divisible by {step}");
    Err(StripeError::parameter("amount", message).coded("invalid_charge_amount"))
}

fn check_currency(currency: &str) -> Result<(), StripeError> {
    let is_supported = TWO_DECIMAL.split(' ').any(|code| code == currency)
        || MIN_CHARGE.iter().any(|(code, _)| *code == currency)
        || ZERO_DECIMAL.contains(&currency)
        || THREE_DECIMAL.contains(&currency)
        || WHOLE_UNITS.contains(&currency);
    if is_supported {
        return Ok(());
    }
    let message = format!("Invalid currency: {currency}. A currency is three lower-case letters.");
    Err(StripeError::parameter("currency", message))
}

/// The amount in major units of the currency.
fn formatted(amount: u64, currency: &str) -> String {
    if ZERO_DECIMAL.contains(&currency) {
        amount.to_string()
    } else {
        format!("{}.{:02}", amount / 100, amount % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_below_the_minimum_charge_is_rejected() {
        for (currency, minimum) in MIN_CHARGE {
            assert!(check_charge(minimum, currency).is_ok(), "{currency}");
            assert!(check_charge(minimum - 1, currency).is_err(), "{currency}");
        }
        for currency in ["mga", "zar", "twd"] {
            assert!(check_charge(1, currency).is_ok(), "{currency}");
        }
    }

    #[test]
    fn three_decimal_amounts_end_in_0_and_some_zero_decimal_ones_in_00() {
        for (currency, good, bad) in
            [("kwd", 5_120, 5_124), ("tnd", 10, 1), ("isk", 500, 550), ("ugx", 100, 1_001)]
        {
            assert!(check_charge(good, currency).is_ok(), "{currency}");
            assert!(check_charge(bad, currency).is_err(), "{currency}");
        }
    }

    #[test]
    fn superseded_and_special_codes_are_not_currencies() {
        for currency in ["xxx", "zzz", "hrk", "dem", "xau", "EUR", "euro", ""] {
            assert!(check_charge(5_000, currency).is_err(), "{currency}");
        }
    }
}
