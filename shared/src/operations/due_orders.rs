//! When the sweep looks at an order that may not have ended by then: an index by time, in small
//! documents that stores of every kind can keep.

use crate::domain::OrderId;
use crate::ports::{Documents, Result, document};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Seconds of due times that share their documents.
const SLOT_SECONDS: i64 = 15;

/// Documents of one slot, so that orders accepted at the same time seldom write the same one.
const SHARDS: u8 = 8;

/// Orders that are due in one slot: a document of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueOrders(BTreeSet<OrderId>);

/// A stretch of 15 seconds since 1970.
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

    /// The keys of its documents. No order id has an underscore, so none is mistaken for an order.
    fn keys(self) -> impl Iterator<Item = String> {
        (0..SHARDS).map(move |shard| self.key(shard))
    }

    fn key(self, shard: u8) -> String {
        format!("_due.{}.{shard}", self.0)
    }
}

/// Notes that the sweep is to look at `order` at `due`. Repeated, it changes nothing.
///
/// # Errors
/// When the store fails.
pub async fn note(
    index: &impl Documents<String, DueOrders>,
    order: &OrderId,
    due: Timestamp,
) -> Result<()> {
    let key = Slot::of(due).key(shard(order));
    let add = |found: Option<DueOrders>| {
        let mut due = found.unwrap_or_default();
        due.0.insert(order.clone());
        (due, ())
    };
    index.update(&key, add).await.map(|_| ())
}

/// The orders that are due in `slot`.
///
/// # Errors
/// When the store fails.
pub async fn due(index: &impl Documents<String, DueOrders>, slot: Slot) -> Result<Vec<OrderId>> {
    let mut orders = Vec::new();
    for key in slot.keys() {
        orders.extend(document(index, &key).await?.unwrap_or_default().0);
    }
    Ok(orders)
}

/// Which document of its slot names `order`.
fn shard(order: &OrderId) -> u8 {
    let sum = order.as_str().bytes().fold(0, u8::wrapping_add);
    sum % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::FakeDocuments;
    use crate::testing::orders::at;
    use proptest::prelude::*;

    #[tokio::test]
    async fn an_order_is_due_once_in_the_slot_of_its_time() {
        let index = FakeDocuments::default();
        let orders: Vec<OrderId> =
            (0..20).map(|number| format!("order-{number}").parse().unwrap()).collect();
        for order in orders.iter().chain(&orders) {
            note(&index, order, at(60)).await.unwrap();
        }
        let mut found = due(&index, Slot::of(at(60))).await.unwrap();
        found.sort();
        let mut expected = orders;
        expected.sort();
        assert_eq!(found, expected);
        assert!(due(&index, Slot::of(at(60)).next()).await.unwrap().is_empty());
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
