//! Documents under a key, changed by one writer at a time.

use super::{Failure, PortFuture, Result};
use crate::domain::OrderId;
use crate::domain::order::Order;

/// Which state of a document was read; a write that names it fails once the document has moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The document.
    pub document: T,
    /// Its version.
    pub version: Version,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It took place.
    Written,
    /// Another writer was first; nothing changed.
    Conflict,
}

/// Most writers that one change outwaits.
const MAX_CONFLICTS: usize = 20;

/// A store of documents of one kind.
pub trait Documents<K: Sync, T: Clone + Send + Sync>: Clone + Send + Sync + 'static {
    /// The document under `key`.
    fn load(&self, key: &K) -> impl PortFuture<Option<Versioned<T>>>;

    /// Writes `document` in place of `version`, or where there is none yet.
    fn save(&self, key: &K, document: &T, version: Option<&Version>) -> impl PortFuture<Saved>;

    /// Applies `change` to the document under `key`, however many write concurrently, and returns what
    /// stands there then with what `change` returned beside it. `change` makes the document when there is none,
    /// and leaves the store alone by returning the document as it was.
    fn update<R: Send>(
        &self,
        key: &K,
        mut change: impl FnMut(Option<T>) -> (T, R) + Send,
    ) -> impl PortFuture<(T, R)>
    where
        T: PartialEq,
    {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let (before, version) = split(self.load(key).await?);
                let (after, result) = change(before.clone());
                if before.as_ref() == Some(&after)
                    || self.save(key, &after, version.as_ref()).await? == Saved::Written
                {
                    return Ok((after, result));
                }
            }
            Err(Failure::new("documents", "update", "others kept writing the same document").into())
        }
    }
}

/// The documents of the orders.
pub trait Orders: Documents<OrderId, Order> {}

impl<D: Documents<OrderId, Order>> Orders for D {}

fn split<T>(versioned: Option<Versioned<T>>) -> (Option<T>, Option<Version>) {
    match versioned {
        Some(Versioned { document, version }) => (Some(document), Some(version)),
        None => (None, None),
    }
}

/// Loads the document alone.
///
/// # Errors
/// As [`Documents::load`].
pub async fn document<K: Sync, T: Clone + Send + Sync>(
    documents: &impl Documents<K, T>,
    key: &K,
) -> Result<Option<T>> {
    Ok(split(documents.load(key).await?).0)
}
