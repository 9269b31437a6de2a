//! Access to the shop's Redis, for state that no interface of the shop exposes.

use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use redis::streams::{StreamRangeReply, StreamReadOptions, StreamReadReply};
use serde_json::Value;
use tests::system::shop::Shop;

async fn connect(shop: &Shop) -> redis::RedisResult<MultiplexedConnection> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{}/", shop.cluster.redis_port()))?;
    client.get_multiplexed_async_connection().await
}

/// A field of the hash under `key`, as JSON.
pub(crate) async fn field(shop: &Shop, key: &str, field: &str) -> Option<Value> {
    let value: Option<Vec<u8>> = connect(shop).await.ok()?.hget(key, field).await.ok()?;
    serde_json::from_slice(&value?).ok()
}

/// Every event of a topic, oldest first.
pub(crate) async fn stream(shop: &Shop, topic: &str) -> Vec<Value> {
    let mut redis = connect(shop).await.expect("Redis answers");
    let found: StreamRangeReply = redis.xrange_all(topic).await.expect("Redis answers");
    let event = |data: Vec<u8>| serde_json::from_slice(&data).unwrap_or_default();
    found.ids.iter().filter_map(|entry| entry.get("data")).map(event).collect()
}

/// Removes every key with this prefix.
pub(crate) async fn remove(shop: &Shop, prefix: &str) {
    let mut redis = connect(shop).await.expect("Redis answers");
    let keys: Vec<String> = redis.keys(format!("{prefix}*")).await.expect("Redis answers");
    let removed: redis::RedisResult<usize> = redis.del(&keys).await;
    assert_eq!(removed.expect("Redis answers"), keys.len());
}

/// Adds an event to a topic, unchanged.
pub(crate) async fn add(shop: &Shop, topic: &str, event: &Value) {
    let mut redis = connect(shop).await.expect("Redis answers");
    let added: redis::RedisResult<Option<String>> =
        redis.xadd(topic, "*", &[("data", event.to_string())]).await;
    added.expect("Redis answers");
}

/// Reads the next `count` events of a topic as the group `subscriber`, and acknowledges them.
pub(crate) async fn acknowledge(shop: &Shop, topic: &str, subscriber: &str, count: usize) {
    let mut redis = connect(shop).await.expect("Redis answers");
    // The group exists from the second call on.
    let _: redis::RedisResult<()> = redis.xgroup_create(topic, subscriber, "0").await;
    let next = StreamReadOptions::default().group(subscriber, "test").count(count);
    let read: StreamReadReply =
        redis.xread_options(&[topic], &[">"], &next).await.expect("Redis answers");
    let ids: Vec<_> = read.keys.iter().flat_map(|key| &key.ids).map(|entry| &entry.id).collect();
    assert_eq!(ids.len(), count);
    let _: usize = redis.xack(topic, subscriber, &ids).await.expect("Redis answers");
}
