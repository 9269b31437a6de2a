//! Masks API keys.

/// How many characters are shown at the end.
const SHOWN: usize = 4;

/// The longest prefix (`sk_test_`) that is shown.
const MAX_PREFIX: usize = 8;

/// Shorter keys are hidden whole: the shown part would reveal too much.
const MIN_MASKABLE: usize = 20;

/// The prefix and the end of `key`, if it is long enough.
pub(crate) fn mask(key: &str) -> String {
    let Some(end) = key.len().checked_sub(SHOWN).filter(|_| key.len() >= MIN_MASKABLE) else {
        return "****".to_owned();
    };
    let prefix = match key.match_indices('_').nth(1) {
        Some((at, _)) if at < MAX_PREFIX => &key[..=at],
        Some(_) | None => "",
    };
    format!("{prefix}****{}", &key[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_shows_only_its_prefix_and_its_end() {
        assert_eq!(mask("sk_test_0123456789abcd"), "sk_test_****abcd");
        assert_eq!(mask("0123456789012345678abcd"), "****abcd");
        assert_eq!(mask("a_long_prefix_0123456789"), "a_long_****6789");
    }

    #[test]
    fn a_short_key_shows_nothing() {
        assert_eq!(mask("sk_test_abcd"), "****");
        assert_eq!(mask(""), "****");
    }
}
