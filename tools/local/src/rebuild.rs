//! Lists, made again from the documents of what they list in Redis.

use crate::LocalError;
use futures::stream::{self, StreamExt, TryStreamExt};
use redis::RedisError;
use reqwest::StatusCode;

/// Keys that Redis is to look at for one answer.
const SCAN: usize = 500;

/// Documents listed concurrently.
const AT_ONCE: usize = 16;

/// A list that a function keeps.
#[derive(Debug)]
pub struct List {
    /// The function.
    pub function: &'static str,
    /// What is listed: a segment of the path by which the function lists one again.
    pub of: &'static str,
    /// What the keys of the documents begin with.
    prefix: &'static str,
}

/// The lists of orders.
pub const ORDERS: List = List { function: "index-orders", of: "orders", prefix: "orders||" };

/// The list of products.
pub const PRODUCTS: List = List { function: "stock", of: "products", prefix: "stock||" };

/// Lists everything that has a document in the Redis at `redis_port` again, by the sidecar of the list's function at
/// `sidecar`; the answer is how many. Keys are read some at a time, however many there are.
///
/// # Errors
/// When Redis or the function cannot be reached, or fails.
pub async fn rebuild(list: &List, redis_port: u16, sidecar: &str) -> Result<usize, LocalError> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{redis_port}/")).map_err(failed)?;
    let mut redis = client.get_multiplexed_async_connection().await.map_err(failed)?;
    let http = reqwest::Client::builder().no_proxy().build().map_err(unreachable)?;
    let base = format!("{sidecar}/v1.0/invoke/{}/method/{}", list.function, list.of);
    let (mut cursor, mut listed) = (0_u64, 0);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{}*", list.prefix)).arg("COUNT").arg(SCAN);
        let (next, keys): (u64, Vec<String>) =
            scan.query_async(&mut redis).await.map_err(failed)?;
        let ids: Vec<_> = keys.iter().filter_map(|key| list.id(key)).collect();
        listed += ids.len();
        let relist = ids.iter().map(|id| relist(&http, format!("{base}/{id}/listed")));
        stream::iter(relist.collect::<Vec<_>>())
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        cursor = next;
        if cursor == 0 {
            return Ok(listed);
        }
    }
}

impl List {
    /// The id of what the document under this key is about. What is kept beside documents, such as state of
    /// actors, has keys that are no ids.
    fn id<'a>(&self, key: &'a str) -> Option<&'a str> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        key.strip_prefix(self.prefix).filter(|id| id.bytes().all(fits))
    }
}

/// One whose document has expired meanwhile is none.
async fn relist(http: &reqwest::Client, url: String) -> Result<(), LocalError> {
    let answer = http.put(url).send().await.map_err(unreachable)?;
    if answer.status() == StatusCode::NOT_FOUND {
        return Ok(());
    }
    answer.error_for_status().map(|_| ()).map_err(unreachable)
}

fn failed(error: RedisError) -> LocalError {
    LocalError::Redis { source: error.into() }
}

fn unreachable(error: reqwest::Error) -> LocalError {
    LocalError::Load { source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documents_have_ids() {
        assert_eq!(ORDERS.id("orders||a-1"), Some("a-1"));
        assert_eq!(PRODUCTS.id("stock||lamp"), Some("lamp"));
        for key in ["orders||_list.all", "orders||_due.1.1", "stock||lamp", "stock||stock||lamp||x"]
        {
            assert_eq!(ORDERS.id(key), None, "{key}");
        }
        assert_eq!(PRODUCTS.id("stock||stock||lamp||x"), None);
        assert_eq!(PRODUCTS.id("stock||_products.3"), None);
    }
}
