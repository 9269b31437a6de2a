//! The lists of orders, made again from the documents of the orders in Redis.

use crate::LocalError;
use futures::stream::{self, StreamExt, TryStreamExt};
use redis::RedisError;
use reqwest::StatusCode;

/// The function that keeps the lists.
pub const INDEXER: &str = "index-orders";

/// What the keys of the orders' documents begin with: the name of their component.
const PREFIX: &str = "orders||";

/// Keys that Redis is to look at for one answer.
const SCAN: usize = 500;

/// Orders listed concurrently.
const AT_ONCE: usize = 16;

/// Lists every order in the Redis at `redis_port` again, by the sidecar of [`INDEXER`] at `sidecar`; the
/// answer is how many. Keys are read some at a time, however many there are.
///
/// # Errors
/// When Redis or the function cannot be reached, or fails.
pub async fn rebuild(redis_port: u16, sidecar: &str) -> Result<usize, LocalError> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{redis_port}/")).map_err(failed)?;
    let mut redis = client.get_multiplexed_async_connection().await.map_err(failed)?;
    let http = reqwest::Client::builder().no_proxy().build().map_err(unreachable)?;
    let base = format!("{sidecar}/v1.0/invoke/{INDEXER}/method/orders");
    let (mut cursor, mut listed) = (0_u64, 0);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{PREFIX}*")).arg("COUNT").arg(SCAN);
        let (next, keys): (u64, Vec<String>) =
            scan.query_async(&mut redis).await.map_err(failed)?;
        let ids: Vec<_> = keys.iter().filter_map(|key| order(key)).collect();
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

/// The order whose document has this key. What is kept beside them has an underscore in front.
fn order(key: &str) -> Option<&str> {
    key.strip_prefix(PREFIX).filter(|id| !id.starts_with('_'))
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
