//! Documents under a key, with optimistic concurrency.

use super::{Error, Failure, PortFuture, Result};
use crate::domain::OrderId;
use crate::domain::order::Order;

/// The version of a document that was read; a write with it fails once the document has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub String);

/// A document with its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versioned<T> {
    /// The document.
    pub document: T,
    /// Its version.
    pub version: Version,
}

/// The result of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The document was written.
    Written,
    /// Another write came first; nothing changed.
    Conflict,
}

/// The most conflicts after which a change is retried.
const MAX_CONFLICTS: usize = 20;

/// A store of documents of one kind.
pub trait Documents<K: Sync, T: Clone + Send + Sync>: Clone + Send + Sync + 'static {
    /// The document under `key`.
    fn load(&self, key: &K) -> impl PortFuture<Option<Versioned<T>>>;

    /// Replaces `version` by `document`, or creates it if there is none.
    fn save(&self, key: &K, document: &T, version: Option<&Version>) -> impl PortFuture<Saved>;

    /// Applies `change` to the document under `key`, with retries on conflicts, and returns the
    /// new document with the other result of `change`. `change` creates the document when there is none, and
    /// writes nothing by returning the document unchanged.
    fn update<R: Send>(
        &self,
        key: &K,
        change: impl FnMut(Option<T>) -> (T, R) + Send,
    ) -> impl PortFuture<(T, R)>
    where
        T: PartialEq,
    {
        async move {
            let found = self.load(key).await?;
            self.update_from(found, key, change).await
        }
    }

    /// As [`update`](Self::update), but reads only after a conflict: `known` is what the caller has read
    /// before, or none if there is most likely no document yet.
    fn update_from<R: Send>(
        &self,
        known: Option<Versioned<T>>,
        key: &K,
        mut change: impl FnMut(Option<T>) -> (T, R) + Send,
    ) -> impl PortFuture<(T, R)>
    where
        T: PartialEq,
    {
        async move {
            let mut found = known;
            for _ in 0..MAX_CONFLICTS {
                let (before, version) = split(found);
                let (after, result) = change(before.clone());
                if before.as_ref() == Some(&after)
                    || self.save(key, &after, version.as_ref()).await? == Saved::Written
                {
                    return Ok((after, result));
                }
                found = self.load(key).await?;
            }
            Err(too_many_conflicts())
        }
    }

    /// Applies `change` to the document under `key`, with retries on conflicts, and returns the new document with
    /// the result of `change`; none, when there is none.
    fn amend<R: Send>(
        &self,
        key: &K,
        mut change: impl FnMut(&mut T) -> R + Send,
    ) -> impl PortFuture<Option<(T, R)>>
    where
        T: PartialEq,
    {
        async move {
            for _ in 0..MAX_CONFLICTS {
                let Some(found) = self.load(key).await? else { return Ok(None) };
                let Versioned { document: before, version } = found;
                let mut after = before.clone();
                let result = change(&mut after);
                if before == after
                    || self.save(key, &after, Some(&version)).await? == Saved::Written
                {
                    return Ok(Some((after, result)));
                }
            }
            Err(too_many_conflicts())
        }
    }
}

/// The documents of the orders.
pub trait Orders: Documents<OrderId, Order> {}

impl<D: Documents<OrderId, Order>> Orders for D {}

fn too_many_conflicts() -> Error {
    Failure::new("documents", "update", "others kept writing the same document").into()
}

fn split<T>(versioned: Option<Versioned<T>>) -> (Option<T>, Option<Version>) {
    match versioned {
        Some(Versioned { document, version }) => (Some(document), Some(version)),
        None => (None, None),
    }
}

/// Loads the document without its version.
///
/// # Errors
/// As [`Documents::load`].
pub async fn document<K: Sync, T: Clone + Send + Sync>(
    documents: &impl Documents<K, T>,
    key: &K,
) -> Result<Option<T>> {
    Ok(split(documents.load(key).await?).0)
}
