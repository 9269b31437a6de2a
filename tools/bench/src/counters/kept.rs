//! What stays in Redis.
#![expect(clippy::float_arithmetic, reason = "shares of an order are fractions")]

use super::redis::connect;
use crate::BenchError;
use crate::stats::{float, per};
use local::Cluster;
use redis::{cmd, pipe};
use serde::{Deserialize, Serialize};

/// The keys of one step through all of them.
const STEP: usize = 500;

/// The keys in a Redis, and the memory that they take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The number of keys.
    pub keys: f64,
    /// Bytes, as Redis accounts for each key with its value.
    pub bytes: f64,
}

impl Kept {
    /// What is in the Redis of `cluster` now. This takes a second for 100,000 keys.
    ///
    /// # Errors
    /// When Redis does not respond.
    pub async fn read(cluster: &Cluster) -> Result<Self, BenchError> {
        let failed = || BenchError::counter("the memory of keys");
        let mut redis = connect(cluster.redis_port()).await?;
        let (mut kept, mut cursor) = (Self::default(), 0_u64);
        loop {
            let step = cmd("SCAN").arg(cursor).arg("COUNT").arg(STEP).take();
            let found = step.query_async::<(u64, Vec<Vec<u8>>)>(&mut redis).await;
            let (next, keys) = found.map_err(failed())?;
            let mut usages = pipe();
            for key in &keys {
                usages.cmd("MEMORY").arg("USAGE").arg(key).arg("SAMPLES").arg(0);
            }
            if !keys.is_empty() {
                let bytes = usages.query_async::<Vec<Option<u64>>>(&mut redis).await;
                kept.add(&bytes.map_err(failed())?);
            }
            cursor = next;
            if cursor == 0 {
                return Ok(kept);
            }
        }
    }

    /// Adds keys by their sizes; one that is gone has none.
    fn add(&mut self, sizes: &[Option<u64>]) {
        for size in sizes.iter().flatten() {
            self.keys += 1.0;
            self.bytes += float(*size);
        }
    }

    /// The share of each of `orders` in what was added since `before`.
    #[must_use]
    pub fn since(self, before: Self, orders: f64) -> Self {
        let share = |now, before: f64| per(now - before, orders);
        Self { keys: share(self.keys, before.keys), bytes: share(self.bytes, before.bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_are_still_there_are_kept() {
        let mut kept = Kept::default();
        kept.add(&[Some(100), None, Some(50)]);
        assert_eq!(kept, Kept { keys: 2.0, bytes: 150.0 });
        assert_eq!(
            kept.since(Kept { keys: 1.0, bytes: 50.0 }, 2.0),
            Kept { keys: 0.5, bytes: 50.0 }
        );
    }
}
