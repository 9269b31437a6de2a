//! Lists, made again from the documents of what they list.

mod cosmos;
mod scan;

pub use cosmos::{Cosmos, CosmosError};

use crate::LocalError;
use crate::api::Api;
use crate::wait::ticks;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::time::Duration;

/// Ids of one request, at most.
const BATCH: usize = 100;

/// How often a request is sent for which the shop has no room.
const TRIES: u32 = 60;

/// How long it waits before it is sent again.
const PAUSE: Duration = Duration::from_secs(2);

/// A list of the shop.
#[derive(Debug)]
pub struct List {
    /// What is listed: the last segment of the path by which it is listed again.
    pub of: &'static str,
    /// The component that stores the documents.
    component: &'static str,
    /// What the keys of the documents begin with.
    prefix: &'static str,
}

/// The lists of orders.
pub const ORDERS: List = List { of: "orders", component: "orders", prefix: "orders||" };

/// The list of products.
pub const PRODUCTS: List = List { of: "products", component: "stock-store", prefix: "stock||" };

/// Where the documents are.
pub enum Store {
    /// In the Redis at this port.
    Redis(u16),
    /// In Cosmos DB.
    Cosmos(Cosmos),
}

/// Lists everything that has a document in `store` again, by `api`; the answer is how many. Keys are read some at a
/// time, however many there are.
///
/// # Errors
/// When the store or the shop cannot be reached, or fails.
pub async fn rebuild(list: &List, store: &Store, api: &Api) -> Result<u64, LocalError> {
    let (mut keys, mut listed) = (Keys::open(list, store).await?, 0);
    while let Some(some) = keys.next().await? {
        let ids: Vec<_> = some.iter().filter_map(|key| list.id(key)).collect();
        for ids in ids.chunks(BATCH) {
            listed += relist(list, ids, api).await?;
        }
    }
    Ok(listed)
}

/// The keys in a store, some at a time.
enum Keys<'a> {
    Redis(scan::Scan),
    Cosmos(cosmos::Query<'a>),
}

impl<'a> Keys<'a> {
    async fn open(list: &List, store: &'a Store) -> Result<Self, LocalError> {
        match store {
            Store::Redis(port) => Ok(Self::Redis(scan::Scan::open(*port, list.prefix).await?)),
            Store::Cosmos(account) => Ok(Self::Cosmos(account.keys(list.component))),
        }
    }

    /// The next keys, of documents and of others; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<String>>, LocalError> {
        match self {
            Self::Redis(scan) => scan.next().await,
            Self::Cosmos(query) => Ok(query.next().await?),
        }
    }
}

/// Lists some again. A shop that has no room for a request has room later.
async fn relist(list: &List, ids: &[&str], api: &Api) -> Result<u64, LocalError> {
    let (path, body) = (format!("/api/lists/{}", list.of), json!({"ids": ids}));
    let (mut tries, mut pauses) = (0, ticks(PAUSE));
    loop {
        pauses.tick().await;
        tries += 1;
        match api.send(Method::POST, &path, Some(&body)).await {
            Ok(answer) => return Ok(answer["listed"].as_u64().unwrap_or_default()),
            Err(LocalError::Rejected { status, .. }) if tries < TRIES && is_busy(status) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

impl List {
    /// The id of the entry whose document has this key. Other data, such as state of actors, has keys that
    /// are not ids.
    fn id<'a>(&self, key: &'a str) -> Option<&'a str> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        key.strip_prefix(self.prefix).filter(|id| id.bytes().all(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documents_have_ids() {
        assert_eq!(ORDERS.id("orders||a-1"), Some("a-1"));
        assert_eq!(PRODUCTS.id("stock||lamp"), Some("lamp"));
        for key in ["orders||_list.all", "orders||_due.1.1", "stock||lamp"] {
            assert_eq!(ORDERS.id(key), None, "{key}");
        }
        for key in ["stock||stock||lamp||x", "stock||_products.3"] {
            assert_eq!(PRODUCTS.id(key), None, "{key}");
        }
    }
}
