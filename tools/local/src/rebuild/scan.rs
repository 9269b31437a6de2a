//! The keys of documents in Redis.

use crate::LocalError;
use redis::RedisError;
use redis::aio::MultiplexedConnection;

/// Keys that Redis is to look at for one answer.
const COUNT: usize = 500;

/// The keys that begin with a prefix.
pub(super) struct Scan {
    redis: MultiplexedConnection,
    pattern: String,
    /// Where to continue; none at the end.
    cursor: Option<u64>,
}

impl Scan {
    pub(super) async fn open(port: u16, prefix: &str) -> Result<Self, LocalError> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}/")).map_err(failed)?;
        let redis = client.get_multiplexed_async_connection().await.map_err(failed)?;
        Ok(Self { redis, pattern: format!("{prefix}*"), cursor: Some(0) })
    }

    /// Some keys, perhaps none; nothing at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, LocalError> {
        let Some(cursor) = self.cursor else { return Ok(None) };
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(&self.pattern).arg("COUNT").arg(COUNT);
        let (next, keys): (u64, _) = scan.query_async(&mut self.redis).await.map_err(failed)?;
        self.cursor = (next != 0).then_some(next);
        Ok(Some(keys))
    }
}

fn failed(error: RedisError) -> LocalError {
    LocalError::Redis { source: error.into() }
}
