//! Texts with bounds: names, addresses, tokens. Conversions from text check the current bounds; what
//! is stored is read by wider ones, and requests by [`strict`](super::strict).

mod email;
mod stored;

pub use email::{Email, NotAnEmail};

use self::stored::{Stored, stored};
use icu_properties::props::{
    BidiControl, BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory,
    GeneralCategoryGroup,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A text of 1 to `MAX` characters, at least one of which is visible, without control characters or
/// marks of the direction of writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Stored", into = "String")]
#[schemars(inline, from = "String", extend("minLength" = 1, "maxLength" = MAX))]
pub struct Text<const MAX: usize>(String);

/// A text that has no visible character, is too long, or contains a forbidden character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be 1 to {max} characters, at least one of them visible, and none a control character, a line break or a mark of the direction of writing"
)]
pub struct NotAText {
    max: usize,
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = NotAText;

    fn try_from(text: String) -> Result<Self, NotAText> {
        let fits = text.chars().count() <= MAX && !text.contains(controls);
        if fits && text.contains(is_visible) { Ok(Self(text)) } else { Err(NotAText { max: MAX }) }
    }
}

/// Whether a character is a control character, ends a line or paragraph, or changes the direction of
/// writing.
fn controls(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}')
        || letter.is_control()
        || BidiControl::for_char(letter)
}

/// Whether a character is visible on its own: letters, digits, punctuation and symbols are, unless
/// Unicode says to ignore them. The braille pattern without dots is blank.
fn is_visible(letter: char) -> bool {
    let seen = GeneralCategoryGroup::Letter
        .union(GeneralCategoryGroup::Number)
        .union(GeneralCategoryGroup::Punctuation)
        .union(GeneralCategoryGroup::Symbol);
    letter != '\u{2800}'
        && seen.contains(GeneralCategory::for_char(letter))
        && !DefaultIgnorableCodePoint::for_char(letter)
}

stored!(Text<MAX>, const MAX);

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An [ISO 3166-1](https://www.iso.org/iso-3166-country-codes.html) alpha-2 code: two upper case letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Stored", into = "String")]
#[schemars(from = "String", extend("pattern" = "^[A-Z]{2}$"))]
pub struct Country(String);

/// A text that is not a country code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be two upper case letters (ISO 3166-1), such as DE")]
pub struct NotACountry;

impl Country {
    /// The code, such as `DE`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Country {
    type Error = NotACountry;

    fn try_from(text: String) -> Result<Self, NotACountry> {
        if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
            Ok(Self(text))
        } else {
            Err(NotACountry)
        }
    }
}

stored!(Country);

/// A payment method: the payment provider's token for it, such as `pm_card_visa`. 1 to 64 letters,
/// digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Stored", into = "String")]
#[schemars(from = "String", extend("pattern" = "^[A-Za-z0-9_]{1,64}$"))]
pub struct PaymentMethod(String);

/// A text that is not a payment method's token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be the payment provider's token, such as pm_card_visa: 1 to 64 letters, digits and underscores"
)]
pub struct NotAPaymentMethod;

impl PaymentMethod {
    /// The token.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PaymentMethod {
    type Error = NotAPaymentMethod;

    fn try_from(text: String) -> Result<Self, NotAPaymentMethod> {
        let token = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if token && (1..=64).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(NotAPaymentMethod)
        }
    }
}

stored!(PaymentMethod);

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<T: TryFrom<String>>(text: &str) -> bool {
        T::try_from(text.to_owned()).is_ok()
    }

    #[test]
    fn a_text_is_not_empty_too_long_or_a_control_sequence() {
        assert!(accepts::<Text<3>>("aüb"));
        for bad in ["", "  ", "abcd", "a\nb", "\u{7}"] {
            assert!(!accepts::<Text<3>>(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_text_is_visible_and_does_not_change_the_direction_of_writing() {
        for good in [
            "Ann",
            "\u{627}\u{644}\u{633}",
            "a\u{200d}b",
            "\u{1f469}\u{200d}\u{1f680}",
            "1",
            "-",
            "e\u{301}",
        ] {
            assert!(accepts::<Text<9>>(good), "{good:?}");
        }
        let invisible = [
            "\u{200b}",
            "\u{200d}\u{2060}",
            "\u{feff}",
            "\u{3164}",
            "\u{2800}",
            "\u{ad}",
            "\u{a0}",
            "\u{301}",
            "\u{e0001}",
            "\u{378}",
            "\u{e000}",
        ];
        let moving =
            ["a\u{202e}b", "a\u{2066}b", "a\u{200f}", "a\u{2028}b", "a\u{2029}b", "a\u{85}b"];
        for bad in invisible.iter().chain(&moving) {
            assert!(!accepts::<Text<9>>(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_country_is_two_upper_case_letters() {
        assert!(accepts::<Country>("DE"));
        assert!(["", "de", "DEU", "D1"].iter().all(|bad| !accepts::<Country>(bad)));
    }

    #[test]
    fn a_payment_method_is_a_token() {
        let method = PaymentMethod::try_from("pm_card_visa".to_owned()).unwrap();
        assert_eq!(method.as_str(), "pm_card_visa");
        assert!(["", "pm card", "pm/../x"].iter().all(|bad| !accepts::<PaymentMethod>(bad)));
    }
}
