//! Texts with a bound: names, addresses, tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A text of 1 to `MAX` characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = MAX))]
pub struct Text<const MAX: usize>(String);

/// A text that is empty, too long, or holds a control character.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {max} characters, none of them a control character")]
pub struct NotAText {
    max: usize,
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = NotAText;

    fn try_from(text: String) -> Result<Self, NotAText> {
        let long_enough = !text.trim().is_empty();
        if long_enough && text.chars().count() <= MAX && !text.contains(char::is_control) {
            Ok(Self(text))
        } else {
            Err(NotAText { max: MAX })
        }
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An e-mail address: one `@` with text on either side, no blank, at most 254 characters
/// ([RFC 5321 §4.5.3.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1)). Whether it
/// receives mail, only a mail can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// A text that is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an e-mail address such as ann@example.com, at most {} characters",
    Email::MAX_LENGTH
)]
pub struct NotAnEmail;

impl Email {
    /// The most characters an address has.
    pub const MAX_LENGTH: usize = 254;

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        let plain = text.len() <= Self::MAX_LENGTH
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;".contains(c));
        match text.split_once('@') {
            Some((name, host)) if plain && !name.is_empty() && !host.is_empty() => {
                if host.contains('@') { Err(NotAnEmail) } else { Ok(Self(text)) }
            }
            _ => Err(NotAnEmail),
        }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// An [ISO 3166-1](https://www.iso.org/iso-3166-country-codes.html) alpha-2 code: two upper case letters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.0
    }
}

/// A payment method: the payment provider's token for it, such as `pm_card_visa`. 1 to 64 letters,
/// digits and underscores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

impl From<PaymentMethod> for String {
    fn from(method: PaymentMethod) -> Self {
        method.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts<T: TryFrom<String>>(text: &str) -> bool {
        T::try_from(text.to_owned()).is_ok()
    }

    #[test]
    fn a_text_is_neither_empty_nor_long_nor_controls_anything() {
        assert!(accepts::<Text<3>>("aüb"));
        for bad in ["", "  ", "abcd", "a\nb", "\u{7}"] {
            assert!(!accepts::<Text<3>>(bad), "{bad:?}");
        }
    }

    #[test]
    fn an_email_has_one_at_sign_between_two_texts() {
        assert!(accepts::<Email>("ann@example.com"));
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in ["", "ann", "@x", "ann@", "a@b@c", "a b@c", "a@b\r\nBcc: c@d", "a@b,c", &long] {
            assert!(!accepts::<Email>(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_country_is_two_upper_case_letters() {
        assert!(accepts::<Country>("DE"));
        assert!(["", "de", "DEU", "D1"].iter().all(|bad| !accepts::<Country>(bad)));
    }

    #[test]
    fn a_payment_method_is_a_token() {
        assert!(accepts::<PaymentMethod>("pm_card_visa"));
        assert!(["", "pm card", "pm/../x"].iter().all(|bad| !accepts::<PaymentMethod>(bad)));
    }
}
