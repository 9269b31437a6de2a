//! Mailboxes that take no mail, so that a test needs no fault plan, which affects other mails too.

/// A domain without mailboxes.
const REJECTED: &str = "@rejected.test";

/// A domain whose mailboxes never take a mail at present.
const DEFERRED: &str = "@deferred.test";

/// What is answered to the name of a mailbox that takes no mail.
pub(super) fn refusal(address: &str) -> Option<&'static str> {
    if address.ends_with(REJECTED) {
        Some("550 5.1.1 No such mailbox")
    } else if address.ends_with(DEFERRED) {
        Some("451 4.2.1 Come back later")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_domains_take_no_mail() {
        assert!(refusal("a@rejected.test").is_some_and(|answer| answer.starts_with("550")));
        assert!(refusal("a@deferred.test").is_some_and(|answer| answer.starts_with("451")));
        assert_eq!(refusal("a@example.com"), None);
    }
}
