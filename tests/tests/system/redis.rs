//! A look into the shop's Redis, where no interface of the shop tells.

use serde_json::Value;
use tests::shop::Shop;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// A field of the hash under `key`, as JSON
/// ([RESP](https://redis.io/docs/latest/develop/reference/protocol-spec/)).
pub(crate) async fn field(shop: &Shop, key: &str, field: &str) -> Option<Value> {
    let mut redis = TcpStream::connect(("127.0.0.1", shop.cluster.redis_port())).await.ok()?;
    let parts = ["HGET", key, field];
    let command = parts.iter().fold("*3\r\n".to_owned(), |command, part| {
        format!("{command}${}\r\n{part}\r\n", part.len())
    });
    redis.write_all(command.as_bytes()).await.ok()?;
    let mut redis = BufReader::new(redis);
    let mut length = String::new();
    while !length.ends_with("\r\n") {
        length.push(char::from(redis.read_u8().await.ok()?));
    }
    let mut value = vec![0; length.trim().strip_prefix('$')?.parse().ok()?];
    redis.read_exact(&mut value).await.ok()?;
    serde_json::from_slice(&value).ok()
}
