//! The mails that this process is sending.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

/// The mails that this process is sending, by their keys. A claim in the inbox cannot be extended
/// while the store is unavailable: without this, a mail that was sent and could not be recorded yet
/// would be sent again by the same process.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashSet<String>>>);

impl UnderWay {
    /// Starts a mail, unless it is already being sent.
    pub(super) fn begin(&self, key: &str) -> Option<Begun> {
        let begun = self.keys().insert(key.to_owned());
        begun.then(|| Begun { all: self.clone(), key: key.to_owned() })
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().expect("no panic happens while a mail is recorded")
    }
}

/// A mail counts as being sent for as long as this lives.
#[derive(Debug)]
pub(super) struct Begun {
    all: UnderWay,
    key: String,
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.all.keys().remove(&self.key);
    }
}
