//! An index by time of what a sweep is to check, such as orders that may not have ended by then, in
//! small documents that any store can hold.

use crate::ports::{Documents, Result, document};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Display;

/// Seconds of due times that share their documents.
const SLOT_SECONDS: i64 = 15;

/// Documents of one slot, so that concurrent writers rarely write the same one.
const SHARDS: u8 = 8;

/// The id of a due item. It has no underscore, so that no two documents of the index are confused.
pub trait Id: Clone + Ord + Display + Send + Sync + 'static {}

impl<K: Clone + Ord + Display + Send + Sync + 'static> Id for K {}

/// A document of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Page<K: Ord> {
    /// What is due in one slot.
    Due(BTreeSet<K>),
    /// How far the index was swept.
    Swept(Sweep),
}

/// The slot that is swept next, and until when a process is sweeping it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    pub(super) next: Slot,
    pub(super) leased_until: Timestamp,
}

/// A period of 15 seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot(i64);

impl Slot {
    /// The slot of `time`.
    #[must_use]
    pub fn of(time: Timestamp) -> Self {
        Self(time.as_second().div_euclid(SLOT_SECONDS))
    }

    /// The one after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The keys of its documents.
    fn keys(self) -> impl Iterator<Item = String> {
        (0..SHARDS).map(move |shard| self.key(shard))
    }

    fn key(self, shard: u8) -> String {
        format!("_due.{}.{shard}", self.0)
    }
}

impl<K: Ord> Page<K> {
    fn due(self) -> BTreeSet<K> {
        match self {
            Self::Due(due) => due,
            Self::Swept(_) => BTreeSet::new(),
        }
    }
}

/// Records that the sweep is to check `id` at `due`. Repeated, it changes nothing.
///
/// # Errors
/// When the store fails.
pub async fn note<K: Id>(
    index: &impl Documents<String, Page<K>>,
    id: &K,
    due: Timestamp,
) -> Result<()> {
    let key = Slot::of(due).key(shard(id));
    let add = |found: Option<Page<K>>| {
        let mut due = found.map(Page::due).unwrap_or_default();
        due.insert(id.clone());
        (Page::Due(due), ())
    };
    index.update(&key, add).await.map(|_| ())
}

/// What is due in `slot`.
///
/// # Errors
/// When the store fails.
pub async fn due<K: Id>(index: &impl Documents<String, Page<K>>, slot: Slot) -> Result<Vec<K>> {
    let mut ids = Vec::new();
    for key in slot.keys() {
        ids.extend(document(index, &key).await?.map(Page::due).unwrap_or_default());
    }
    Ok(ids)
}

/// The document of its slot that names `id`.
fn shard(id: &impl Id) -> u8 {
    let sum = id.to_string().bytes().fold(0, u8::wrapping_add);
    sum % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OrderId;
    use crate::testing::fakes::FakeDocuments;
    use crate::testing::orders::at;
    use proptest::prelude::*;
    use serde_json::json;

    #[tokio::test]
    async fn an_order_is_due_once_in_the_slot_of_its_time() {
        let index = FakeDocuments::default();
        let orders: Vec<OrderId> =
            (0..20).map(|number| format!("order-{number}").parse().unwrap()).collect();
        for order in orders.iter().chain(&orders) {
            note(&index, order, at(60)).await.unwrap();
        }
        let mut documents = 0;
        for key in Slot::of(at(60)).keys() {
            documents += u8::from(document(&index, &key).await.unwrap().is_some());
        }
        assert!(documents > 1, "they share one document");
        let mut found = due(&index, Slot::of(at(60))).await.unwrap();
        found.sort();
        let mut expected = orders;
        expected.sort();
        assert_eq!(found, expected);
        assert!(due(&index, Slot::of(at(60)).next()).await.unwrap().is_empty());
    }

    #[test]
    fn pages_of_the_first_version_are_read() {
        for page in [json!(["a", "b"]), json!({"next": 7, "leased_until": "2027-01-15T08:00:09Z"})]
        {
            let read: Page<OrderId> = serde_json::from_value(page.clone()).unwrap();
            assert_eq!(json!(read), page);
        }
    }

    proptest! {
        #[test]
        fn slots_follow_time(second in 0_i64..4_000_000) {
            let (slot, later) = (Slot::of(at(second)), Slot::of(at(second + SLOT_SECONDS)));
            prop_assert_eq!(slot.next(), later);
            prop_assert!(slot <= Slot::of(at(second + 1)));
        }
    }
}
