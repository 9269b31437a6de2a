//! The number of an attempt at an activity.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The most activities whose attempts are counted concurrently. More fail together only in a complete
/// outage; then the count starts again.
const MOST: usize = 10_000;

/// Counts the attempts at each activity in this process, by its execution id, which stays the same
/// across retries.
#[derive(Clone, Default)]
pub(super) struct Attempts(Arc<Mutex<HashMap<String, i64>>>);

impl Attempts {
    /// The number of the attempt at `execution` that starts: 1, unless others failed in this process.
    pub(super) fn begin(&self, execution: &str) -> i64 {
        let failed = self.0.lock().expect("no panic happens while counting");
        failed.get(execution).copied().unwrap_or_default() + 1
    }

    /// Records that attempt number `attempt` at `execution` failed.
    pub(super) fn fail(&self, execution: &str, attempt: i64) {
        let mut failed = self.0.lock().expect("no panic happens while counting");
        if failed.len() >= MOST {
            failed.clear();
        }
        failed.insert(execution.to_owned(), attempt);
    }

    /// Removes `execution`, which has completed.
    pub(super) fn forget(&self, execution: &str) {
        self.0.lock().expect("no panic happens while counting").remove(execution);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_until_there_is_a_result() {
        let attempts = Attempts::default();
        assert_eq!(attempts.begin("a"), 1);
        attempts.fail("a", 1);
        assert_eq!((attempts.begin("a"), attempts.begin("b")), (2, 1));
        attempts.forget("a");
        assert_eq!(attempts.begin("a"), 1);
    }

    #[test]
    fn the_count_is_bounded() {
        let attempts = Attempts::default();
        (0..=MOST).for_each(|number| attempts.fail(&number.to_string(), 1));
        assert_eq!(attempts.0.lock().unwrap().len(), 1);
    }
}
