//! What work costs, by counters that repeat within a few per cent where times do not: calls to sidecars, commands of
//! Redis, writes of the scheduler's store, and the CPU time of each process.
#![expect(clippy::float_arithmetic, reason = "shares of an order are fractions")]

mod cpu;
mod footprint;
mod kept;
mod prometheus;
mod redis;

pub use self::cpu::{Cpu, Machine, own_cpu};
pub use self::footprint::{ETCD, Footprint, REDIS, resident};
pub use self::kept::Kept;

use crate::BenchError;
use crate::stats::per;
use futures::future::try_join_all;
use local::Cluster;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The calls to the HTTP API of a sidecar.
const HTTP_CALLS: &str = "dapr_http_server_request_count";

/// The calls to the gRPC API of a sidecar, by its application, by its workflow worker and by other sidecars.
const GRPC_CALLS: &str = "dapr_grpc_io_server_completed_rpcs";

/// The calls of a sidecar to its application.
const DELIVERIES: &str = "dapr_http_client_completed_count";

/// What the store of the scheduler writes.
const ETCD_WRITES: [&str; 2] = ["etcd_mvcc_put_total", "etcd_mvcc_delete_total"];

/// The label with the method of a gRPC call.
const METHOD: &str = "grpc_server_method";

/// Counts since the start of a shop, or between two moments, or of those the share of one order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// The calls of each function to its sidecar: state, invocations, actors, messages, secrets, mail.
    pub calls: BTreeMap<String, f64>,
    /// The results of turns and activities that a workflow's worker sends to its sidecar, and the starts.
    pub work_items: f64,
    /// The calls between sidecars.
    pub hops: f64,
    /// The calls of sidecars to their functions.
    pub deliveries: f64,
    /// The commands that Redis ran, those in scripts too, except those that are run without orders.
    pub redis: BTreeMap<String, f64>,
    /// The keys that the scheduler's store wrote and deleted.
    pub etcd_writes: f64,
}

impl Counts {
    /// The counts of `cluster` since it was started.
    ///
    /// # Errors
    /// When one cannot be read.
    pub async fn read(cluster: &Cluster, http: &reqwest::Client) -> Result<Self, BenchError> {
        let names = cluster.functions().iter().map(|function| &function.name);
        let pages = names.map(async |name: &String| {
            let page = page(http, &cluster.metrics_url(name)).await?;
            Ok::<_, BenchError>((name.clone(), page))
        });
        let mut counts = Self::default();
        for (name, page) in try_join_all(pages).await? {
            counts.add_sidecar(name, &page);
        }
        let etcd = page(http, &cluster.etcd_metrics_url()).await?;
        counts.etcd_writes = ETCD_WRITES.iter().map(|name| prometheus::sum(&etcd, name)).sum();
        counts.redis = redis::commands(cluster.redis_port()).await?;
        Ok(counts)
    }

    fn add_sidecar(&mut self, name: String, page: &str) {
        let grpc = |service: &str| {
            let calls = prometheus::samples(page, GRPC_CALLS);
            let of = calls.filter(|call| call.label(METHOD).is_some_and(|it| it.contains(service)));
            of.map(|call| call.value).sum::<f64>()
        };
        self.calls.insert(name, prometheus::sum(page, HTTP_CALLS) + grpc("dapr.proto.runtime."));
        self.work_items += grpc("TaskHubSidecarService");
        self.hops += grpc("dapr.proto.internals.");
        self.deliveries += prometheus::sum(page, DELIVERIES);
    }

    /// What was counted since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            calls: since(&self.calls, &before.calls),
            work_items: self.work_items - before.work_items,
            hops: self.hops - before.hops,
            deliveries: self.deliveries - before.deliveries,
            redis: since(&self.redis, &before.redis),
            etcd_writes: self.etcd_writes - before.etcd_writes,
        }
    }

    /// The share of each of `orders`.
    #[must_use]
    pub fn per(&self, orders: f64) -> Self {
        let each = |counts: &BTreeMap<String, f64>| {
            counts.iter().map(|(name, count)| (name.clone(), per(*count, orders))).collect()
        };
        Self {
            calls: each(&self.calls),
            work_items: per(self.work_items, orders),
            hops: per(self.hops, orders),
            deliveries: per(self.deliveries, orders),
            redis: each(&self.redis),
            etcd_writes: per(self.etcd_writes, orders),
        }
    }

    /// The calls of all functions to their sidecars.
    #[must_use]
    pub fn all_calls(&self) -> f64 {
        self.calls.values().sum()
    }

    /// The commands of Redis.
    #[must_use]
    pub fn all_redis(&self) -> f64 {
        self.redis.values().sum()
    }
}

/// The differences of `now` and `before`, where there are any.
pub(crate) fn since(
    now: &BTreeMap<String, f64>,
    before: &BTreeMap<String, f64>,
) -> BTreeMap<String, f64> {
    let grown = |(name, count): (&String, &f64)| {
        let grown = count - before.get(name).copied().unwrap_or_default();
        (grown != 0.0).then(|| (name.clone(), grown))
    };
    now.iter().filter_map(grown).collect()
}

async fn page(http: &reqwest::Client, url: &str) -> Result<String, BenchError> {
    let answer = http.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let text = answer.map_err(BenchError::counter(url))?.text().await;
    text.map_err(BenchError::counter(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# TYPE dapr_http_server_request_count counter\n\
        dapr_http_server_request_count{app_id=\"a\",method=\"POST\",path=\"\",status=\"200\"} 3\n\
        dapr_grpc_io_server_completed_rpcs{app_id=\"a\",grpc_server_method=\"/dapr.proto.runtime.v1.Dapr/GetState\"} 5\n\
        dapr_grpc_io_server_completed_rpcs{grpc_server_method=\"/TaskHubSidecarService/StartInstance\"} 7\n\
        dapr_grpc_io_server_completed_rpcs{grpc_server_method=\"/dapr.proto.internals.v1.ServiceInvocation/CallLocal\"} 11\n\
        dapr_http_client_completed_count{app_id=\"a\"} 13\n";

    #[test]
    fn calls_to_a_sidecar_are_distinguished_by_their_service() {
        let mut counts = Counts::default();
        counts.add_sidecar("a".to_owned(), PAGE);
        assert_eq!((counts.all_calls(), counts.work_items), (8.0, 7.0));
        assert_eq!((counts.hops, counts.deliveries), (11.0, 13.0));
    }

    #[test]
    fn what_was_counted_since_is_divided_among_the_orders() {
        let counts = |calls, etcd_writes| Counts {
            calls: BTreeMap::from([("a".to_owned(), calls), ("b".to_owned(), 1.0)]),
            etcd_writes,
            ..Counts::default()
        };
        let each = counts(9.0, 5.0).since(&counts(1.0, 1.0)).per(4.0);
        assert_eq!(each.calls, BTreeMap::from([("a".to_owned(), 2.0)]));
        assert_eq!((each.all_calls(), each.etcd_writes), (2.0, 1.0));
    }
}
