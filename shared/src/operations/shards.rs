//! A set of keys that can be listed, for stores that read only by key: in a fixed number of small documents,
//! changed under optimistic concurrency.

use crate::ports::{Documents, Result, document};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;
use uuid::Uuid;

/// Documents of a set.
const SHARDS: u8 = 32;

/// The most keys in one document. Keys are spread by their hash: at 25,000 in all no document is full,
/// and none has more than 100 KiB.
const MAX_KEYS: usize = 1_024;

/// Documents read concurrently.
const AT_ONCE: usize = 8;

/// Some keys of a set, with the value of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard<K: Ord, V>(BTreeMap<K, V>);

impl<K: Ord, V> Default for Shard<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// A set of keys, with a value for each.
#[derive(Debug)]
pub struct Shards<K, V, D> {
    documents: D,
    /// The prefix of the keys of its documents.
    name: &'static str,
    kind: PhantomData<fn() -> (K, V)>,
}

impl<K, V, D: Clone> Clone for Shards<K, V, D> {
    fn clone(&self) -> Self {
        Self { documents: self.documents.clone(), ..*self }
    }
}

impl<K, V, D> Shards<K, V, D>
where
    K: Clone + Ord + Display + Send + Sync,
    V: Clone + PartialEq + Send + Sync,
    D: Documents<String, Shard<K, V>>,
{
    /// The set whose documents have keys that begin with `name`.
    pub fn new(name: &'static str, documents: D) -> Self {
        Self { documents, name, kind: PhantomData }
    }

    /// Adds a key, or replaces its value. Returns whether there is room for it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn put(&self, key: &K, note: &V) -> Result<bool> {
        let put = |found: Option<Shard<K, V>>| {
            let mut shard = found.unwrap_or_default();
            let room = shard.0.len() < MAX_KEYS || shard.0.contains_key(key);
            if room {
                shard.0.insert(key.clone(), note.clone());
            }
            (shard, room)
        };
        Ok(self.documents.update(&self.shard_of(key), put).await?.1)
    }

    /// Removes a key, if this is what is noted of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn remove(&self, key: &K, note: &V) -> Result<()> {
        let remove = |shard: &mut Shard<K, V>| {
            if shard.0.get(key) == Some(note) {
                shard.0.remove(key);
            }
        };
        self.documents.amend(&self.shard_of(key), remove).await.map(|_| ())
    }

    /// Every key, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn all(&self) -> Result<BTreeMap<K, V>> {
        let shards: Vec<_> = (0..SHARDS).map(|number| self.shard(number)).collect();
        let read = stream::iter(shards).buffer_unordered(AT_ONCE);
        read.try_fold(BTreeMap::new(), async |mut all, shard| {
            all.extend(shard.0);
            Ok(all)
        })
        .await
    }

    async fn shard(&self, number: u8) -> Result<Shard<K, V>> {
        Ok(document(&self.documents, &self.document(number)).await?.unwrap_or_default())
    }

    fn shard_of(&self, key: &K) -> String {
        let hash = Uuid::new_v5(&Uuid::NAMESPACE_OID, key.to_string().as_bytes());
        self.document(hash.as_bytes()[0] % SHARDS)
    }

    fn document(&self, number: u8) -> String {
        format!("{}.{number}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ProductId;
    use crate::testing::fakes::FakeDocuments;

    fn set() -> Shards<ProductId, u32, impl Documents<String, Shard<ProductId, u32>>> {
        Shards::new("_products", FakeDocuments::default())
    }

    fn key(number: usize) -> ProductId {
        format!("lamp-{number:05}").parse().unwrap()
    }

    #[tokio::test]
    async fn keys_are_listed_in_order_with_what_was_noted_last() {
        let set = set();
        for number in (0..200).rev() {
            assert!(set.put(&key(number), &1).await.unwrap());
        }
        assert!(set.put(&key(7), &2).await.unwrap());
        let all = set.all().await.unwrap();
        assert!(all.keys().cloned().eq((0..200).map(key)));
        assert_eq!((all[&key(7)], all[&key(8)]), (2, 1));
    }

    #[tokio::test]
    async fn a_key_is_removed_unless_something_else_is_noted_of_it_by_now() {
        let set = set();
        set.put(&key(1), &2).await.unwrap();
        set.remove(&key(1), &1).await.unwrap();
        assert_eq!(set.all().await.unwrap().len(), 1);
        set.remove(&key(1), &2).await.unwrap();
        assert!(set.all().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn there_is_room_for_25_000_and_none_for_ever_more() {
        let set = set();
        for number in 0..25_000 {
            assert!(set.put(&key(number), &1).await.unwrap(), "{number}");
        }
        let mut more = 25_000..usize::from(SHARDS) * MAX_KEYS + 1;
        let refused = loop {
            let number = more.next().expect("documents have a bound");
            if !set.put(&key(number), &1).await.unwrap() {
                break key(number);
            }
        };
        let all = set.all().await.unwrap();
        assert!(!all.contains_key(&refused));
        let beside = all.keys().filter(|key| set.shard_of(key) == set.shard_of(&refused));
        assert_eq!(beside.count(), MAX_KEYS);
        assert!(set.put(&key(0), &2).await.unwrap(), "what is there is no more");
    }
}
