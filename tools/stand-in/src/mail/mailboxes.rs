//! Mailboxes that accept no mail. Tests use them instead of a fault plan, which affects other mails too.

/// A domain whose recipients are rejected permanently.
const REJECTED: &str = "@rejected.test";

/// A domain whose recipients are rejected temporarily, each time.
const DEFERRED: &str = "@deferred.test";

/// The reply that rejects a recipient, if it is to be rejected.
pub(super) fn refusal(address: &str) -> Option<&'static str> {
    if address.ends_with(REJECTED) {
        Some("550 5.1.1 No such mailbox")
    } else if address.ends_with(DEFERRED) {
        Some("451 4.2.1 Mailbox temporarily unavailable")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipients_of_two_domains_are_rejected() {
        assert!(refusal("a@rejected.test").is_some_and(|answer| answer.starts_with("550")));
        assert!(refusal("a@deferred.test").is_some_and(|answer| answer.starts_with("451")));
        assert_eq!(refusal("a@example.com"), None);
    }
}
