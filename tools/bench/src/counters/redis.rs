//! The commands that a Redis ran ([INFO](https://redis.io/docs/latest/commands/info/), section `commandstats`).
#![expect(clippy::float_arithmetic, reason = "counts are divided among orders")]

use crate::BenchError;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest that a command may take on a machine that is fully used.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Commands that are run without orders: by Dapr, which polls streams, and by this crate.
const WITHOUT_ORDERS: [&str; 19] = [
    "client",
    "cluster",
    "command",
    "config",
    "dbsize",
    "exists",
    "hello",
    "info",
    "memory",
    "ping",
    "scan",
    "select",
    "xautoclaim",
    "xclaim",
    "xinfo",
    "xpending",
    "xrange",
    "xreadgroup",
    "xtrim",
];

/// A connection to the Redis at `port`.
pub(super) async fn connect(port: u16) -> Result<MultiplexedConnection, BenchError> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}/"));
    let client = client.map_err(BenchError::counter("Redis"))?;
    let config = AsyncConnectionConfig::new().set_response_timeout(Some(TIMEOUT));
    let connection = client.get_multiplexed_async_connection_with_config(&config);
    connection.await.map_err(BenchError::counter("Redis"))
}

/// The commands that the Redis at `port` ran since its start, by name.
pub(super) async fn commands(port: u16) -> Result<BTreeMap<String, f64>, BenchError> {
    let mut redis = connect(port).await?;
    let info = redis::cmd("INFO").arg("commandstats").take().query_async(&mut redis).await;
    let info: String = info.map_err(BenchError::counter("INFO commandstats"))?;
    Ok(calls(&info))
}

/// The calls in lines such as `cmdstat_hget:calls=3,usec=…`. A subcommand counts as its command.
fn calls(info: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        let (name, rest) = line.trim().strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let name = name.split('|').next()?;
        let calls: f64 = rest.split(',').next()?.parse().ok()?;
        (!WITHOUT_ORDERS.contains(&name)).then(|| (name.to_owned(), calls))
    };
    let mut calls = BTreeMap::new();
    for (name, count) in info.lines().filter_map(line) {
        *calls.entry(name).or_default() += count;
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_orders_cause_are_counted_by_name() {
        let info = "# Commandstats\r\ncmdstat_hget:calls=3,usec=9,usec_per_call=3.00\r\n\
                    cmdstat_xinfo|groups:calls=9,usec=1\r\ncmdstat_script|load:calls=1,usec=1\r\n\
                    cmdstat_script|exists:calls=2,usec=1\r\ncmdstat_info:calls=4,usec=1\r\n";
        let expected = [("hget".to_owned(), 3.0), ("script".to_owned(), 3.0)];
        assert_eq!(calls(info), BTreeMap::from(expected));
    }
}
