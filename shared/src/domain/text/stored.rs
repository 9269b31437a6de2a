//! Stored texts.

use serde::Deserialize;

/// A text that some version accepted, read independently of the current rules: at most 1,024 characters,
/// more than any version accepted, and no control characters, because none ever did, and a line break
/// in what becomes a header would start another one.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Stored(pub(super) String);

#[derive(Debug, thiserror::Error)]
#[error("must be at most {} characters, none of them a control character", Stored::MAX_LENGTH)]
pub(super) struct NotStored;

impl Stored {
    const MAX_LENGTH: usize = 1024;
}

/// Lets a text be read as it is stored, and written as it is.
macro_rules! stored {
    ($text:ty $(, const $max:ident)?) => {
        impl $(<const $max: usize>)? From<Stored> for $text {
            fn from(stored: Stored) -> Self {
                Self(stored.0)
            }
        }

        impl $(<const $max: usize>)? From<$text> for String {
            fn from(text: $text) -> Self {
                text.0
            }
        }
    };
}
pub(super) use stored;

impl TryFrom<String> for Stored {
    type Error = NotStored;

    fn try_from(text: String) -> Result<Self, NotStored> {
        let fits = text.chars().count() <= Self::MAX_LENGTH && !text.contains(char::is_control);
        fits.then_some(Self(text)).ok_or(NotStored)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::text::{Country, Email, PaymentMethod, Text};
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    fn reads<T: DeserializeOwned + Serialize>(text: &str) -> bool {
        let stored = json!(text);
        serde_json::from_value::<T>(stored.clone()).is_ok_and(|read| json!(read) == stored)
    }

    fn each_reads(text: &str) -> [bool; 4] {
        [
            reads::<Email>(text),
            reads::<Text<3>>(text),
            reads::<Country>(text),
            reads::<PaymentMethod>(text),
        ]
    }

    #[test]
    fn a_stored_text_is_read_unchanged_whatever_the_current_rules() {
        for text in ["", "j\u{f6}rg@example.com", "pm card", "\u{202e}", &"a".repeat(1024)] {
            assert_eq!(each_reads(text), [true; 4], "{text:?}");
        }
    }

    #[test]
    fn control_characters_and_overlong_texts_are_rejected() {
        for text in ["a@b\r\nBcc: c@d", "a\nb", "\0", "\u{85}", &"a".repeat(1025)] {
            assert_eq!(each_reads(text), [false; 4], "{text:?}");
        }
    }
}
