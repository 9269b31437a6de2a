//! The work that orders cause, counted around them.

use crate::BenchError;
use crate::counters::{Counts, Kept};
use crate::drain::drained;
use local::Cluster;
use serde::{Deserialize, Serialize};

/// The share of one order in the work of a shop.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Calls, commands and writes.
    pub counts: Counts,
    /// What stays in Redis, without handled messages.
    pub kept: Kept,
}

/// Counts the work of a shop from some moment on. Whatever else it does counts too.
pub struct Meter<'a> {
    cluster: &'a Cluster,
    http: &'a reqwest::Client,
    counts: Counts,
    kept: Kept,
}

impl<'a> Meter<'a> {
    /// Begins, once the shop has handled every message.
    ///
    /// # Errors
    /// When it does not handle them, or a counter cannot be read.
    pub async fn start(
        cluster: &'a Cluster,
        http: &'a reqwest::Client,
    ) -> Result<Self, BenchError> {
        drained(cluster).await?;
        let kept = Kept::read(cluster).await?;
        let counts = Counts::read(cluster, http).await?;
        Ok(Self { cluster, http, counts, kept })
    }

    /// The share of each of `orders`, which have completed, once the shop has handled every message.
    ///
    /// # Errors
    /// As [`Meter::start`].
    pub async fn finish(self, orders: f64) -> Result<Work, BenchError> {
        drained(self.cluster).await?;
        let counts = Counts::read(self.cluster, self.http).await?;
        let kept = Kept::read(self.cluster).await?;
        Ok(Work {
            counts: counts.since(&self.counts).per(orders),
            kept: kept.since(self.kept, orders),
        })
    }
}
