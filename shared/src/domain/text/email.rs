//! E-mail addresses that the shop can mail.

use super::stored::{Stored, stored};
use email_address::EmailAddress;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An e-mail address that every mail server accepts: ASCII, without quotes, at most 254 characters
/// ([RFC 5321 §4.5.3.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1)). A domain in another
/// script is kept in its ASCII form ([RFC 5890](https://www.rfc-editor.org/rfc/rfc5890)). Whether it
/// receives mail is not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Stored", into = "String")]
#[schemars(from = "String")]
pub struct Email(String);

/// A text that is not an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an e-mail address such as ann@example.com, at most {} characters, those before the @ plain ASCII",
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

    /// Whether it is exactly one address, so that mail to it goes nowhere else. Every address that
    /// is accepted today is.
    #[must_use]
    pub fn is_one_mailbox(&self) -> bool {
        let plain = |byte: u8| byte.is_ascii_graphic() && !br#",;:<>"()[]\"#.contains(&byte);
        self.0.bytes().all(plain) && self.0.matches('@').count() == 1
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        let (name, domain) = text.rsplit_once('@').ok_or(NotAnEmail)?;
        // A quoted local part may contain the characters that separate addresses, and is hardly
        // ever used.
        let plain =
            name.is_ascii() && !name.contains('"') && EmailAddress::is_valid_local_part(name);
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnEmail)?;
        let address = format!("{name}@{domain}");
        if plain && address.len() <= Self::MAX_LENGTH { Ok(Self(address)) } else { Err(NotAnEmail) }
    }
}

stored!(Email);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn email(text: &str) -> Result<String, NotAnEmail> {
        Email::try_from(text.to_owned()).map(|email| email.as_str().to_owned())
    }

    #[test]
    fn an_address_that_can_be_mailed_is_accepted_as_it_is() {
        for good in [
            "ann@example.com",
            "ann.smith+shop@mail.example.co.uk",
            "o'neil@example.com",
            "a!#$%&'*+-/=?^_`{|}~b@example.com",
            "ann@xn--bcher-kva.example",
        ] {
            assert_eq!(email(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn a_domain_in_another_script_is_kept_in_ascii() {
        assert_eq!(email("ann@b\u{fc}cher.example").as_deref(), Ok("ann@xn--bcher-kva.example"));
        assert_eq!(email("ann@EXAMPLE.com").as_deref(), Ok("ann@example.com"));
    }

    #[test]
    fn an_address_that_no_mail_server_accepts_is_rejected() {
        let long_name = format!("{}@example.com", "a".repeat(65));
        let label = "b".repeat(62);
        let long = format!("{}@{label}.{label}.{label}.example", "a".repeat(64));
        let long_label = format!("a@{}.example", "b".repeat(64));
        for bad in [
            "",
            "ann",
            "@x",
            "ann@",
            "a@b@c",
            "a b@c",
            "a@b\r\nBcc: c@d",
            "a@b,c",
            "a@b;c@d",
            "ann..b@example.com",
            ".ann@example.com",
            "ann.@example.com",
            "\"a b\"@example.com",
            "j\u{f6}rg@example.com",
            "ann@[192.0.2.1]",
            "ann@example..com",
            "ann@-example.com",
            "ann@exa_mple.com",
            "ann@example.com.",
            "Ann <ann@example.com>",
            "<ann@example.com>",
            "ann\u{200b}@example.com",
            &long_name,
            &long,
            &long_label,
        ] {
            assert_eq!(email(bad), Err(NotAnEmail), "{bad:?}");
        }
    }

    #[test]
    fn a_text_that_names_several_mailboxes_is_rejected() {
        for bad in
            ["a@b;c@d", "a@b,c", "Ann <a@b>", "a@b@c", "a@b\r\nBcc:x", "j\u{f6}rg@b", "a b@c"]
        {
            assert!(!Email(bad.to_owned()).is_one_mailbox(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_address_is_ascii_with_one_at_sign_and_no_separator(text in ".{0,40}@.{1,40}") {
            if let Ok(address) = email(&text) {
                prop_assert!(address.is_ascii() && address.len() <= Email::MAX_LENGTH);
                prop_assert_eq!(address.matches('@').count(), 1);
                prop_assert!(!address.contains([' ', ',', ';', '<', '>', '"', '(', ')', '\r', '\n', ':']));
                prop_assert!(Email(address.clone()).is_one_mailbox());
                prop_assert_eq!(email(&address), Ok(address.clone()));
            }
        }
    }
}
