//! Records of what people did, as documents keep them: the latest entries, a repetition once.

use jiff::{SignedDuration, Timestamp};

/// The entries that a record keeps, the latest.
const KEPT: usize = 20;

/// The same request within this time is a repetition.
const REPEATED_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// An entry of a record.
pub(super) trait Entry {
    /// When it happened.
    fn at(&self) -> Timestamp;

    /// Whether it says the same as `other`, whenever that was.
    fn says_the_same(&self, other: &Self) -> bool;
}

/// Adds `entry` to `record`, unless it repeats one that is there.
pub(super) fn keep<E: Entry>(record: &mut Vec<E>, entry: E) {
    let repeats = |known: &E| {
        entry.says_the_same(known) && entry.at().duration_since(known.at()).abs() < REPEATED_WITHIN
    };
    if record.iter().any(repeats) {
        return;
    }
    if record.len() == KEPT {
        record.remove(0);
    }
    record.push(entry);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::at;

    #[derive(Debug, Clone, Copy, PartialEq)]
    struct Said(&'static str, i64);

    impl Entry for Said {
        fn at(&self) -> Timestamp {
            at(self.1)
        }

        fn says_the_same(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }

    #[test]
    fn a_repetition_is_kept_once_and_other_words_or_a_later_request_again() {
        let mut record = Vec::new();
        for entry in [("key", 0), ("key", 59), ("key", 60), ("bank", 59), ("key", 30)] {
            keep(&mut record, Said(entry.0, entry.1));
        }
        assert_eq!(record, [Said("key", 0), Said("key", 60), Said("bank", 59)]);
    }

    #[test]
    fn the_latest_are_kept() {
        let mut record = Vec::new();
        for number in 0..=20 {
            keep(&mut record, Said("key", number * 60));
        }
        assert_eq!((record.len(), record[0]), (KEPT, Said("key", 60)));
    }
}
