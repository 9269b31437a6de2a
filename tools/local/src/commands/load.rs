//! `local load`: the throughput of orders, with and without telemetry.

use clap::Args;
use futures::future::join_all;
use local::cluster::STAFF;
use local::load::{self, Load, Pace};
use local::process::Process;
use local::{Cluster, LocalError, Options};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

/// Measures the throughput of orders in six shops that run at the same time and take turns, so that a
/// machine that slows down affects them equally. Needs 8 GB of memory.
#[derive(Debug, Args)]
pub(crate) struct Measure {
    /// Orders per turn of a shop.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    orders: u32,
    /// Orders in flight concurrently.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    at_once: u32,
    /// Turns per shop.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

/// The shops, by their telemetry. The two without telemetry show the noise.
const CASES: [(&str, Collector); 6] = [
    ("telemetry off", Collector::Off),
    ("telemetry off, again", Collector::Off),
    ("collector healthy", Collector::Healthy),
    ("collector absent", Collector::Absent),
    ("collector hangs", Collector::Faulty("hang")),
    ("collector fails", Collector::Faulty("fail")),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collector {
    Off,
    Healthy,
    Absent,
    Faulty(&'static str),
}

pub(crate) async fn run(measure: Measure) -> Result<(), LocalError> {
    let load = Load { orders: measure.orders as usize, at_once: measure.at_once as usize };
    let mut shops = Vec::new();
    for (name, collector) in CASES {
        eprintln!("starting and warming up a shop: {name}");
        shops.push(Shop::open(name, collector, load).await?);
    }
    for round in 1..=measure.rounds {
        eprintln!("round {round} of {}", measure.rounds);
        for shop in &mut shops {
            shop.pace.add(load::run(&shop.http, &shop.cluster.gateway_url(), load).await?);
        }
        shops.reverse();
    }
    shops.sort_by_key(|shop| CASES.iter().position(|(name, _)| *name == shop.name));
    show(&shops);
    join_all(shops.iter().map(|shop| shop.cluster.stop())).await;
    Ok(())
}

/// A running shop, and its measured throughput.
struct Shop {
    name: &'static str,
    cluster: Cluster,
    http: reqwest::Client,
    pace: Pace,
    memory: i64,
}

impl Shop {
    /// Starts a shop and warms it up with `load`.
    async fn open(
        name: &'static str,
        collector: Collector,
        load: Load,
    ) -> Result<Self, LocalError> {
        let mut env = BTreeMap::from([("RUST_LOG".to_owned(), "warn".to_owned())]);
        if collector == Collector::Absent {
            // Nothing listens on the discard port.
            env.insert("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), "http://127.0.0.1:9".to_owned());
        }
        let traces = collector != Collector::Off;
        let cluster = Cluster::start(Options { env, traces, ..Options::default() }).await?;
        let http = local::http_client(&cluster.token("staff", STAFF).await?);
        if let (Collector::Faulty(fault), Some(sink)) = (collector, cluster.traces_url()) {
            let set = http.put(format!("{sink}/control/faults")).json(&json!({"fault": fault}));
            set.send().await.map_err(|source| LocalError::Load { source: Box::new(source) })?;
        }
        load::run(&http, &cluster.gateway_url(), load).await?;
        let memory = memory(cluster.function("gateway"));
        Ok(Self { name, cluster, http, pace: Pace::default(), memory })
    }
}

fn show(shops: &[Shop]) {
    let off = shops[0].pace.per_hundred_seconds().max(1);
    println!(
        "{:20} {:>9} {:>7} {:>9} {:>9} {:>14}",
        "", "orders/s", "ratio", "p50 ms", "p99 ms", "gateway grew"
    );
    for Shop { name, pace, cluster, memory: before, .. } in shops {
        let rate = pace.per_hundred_seconds();
        println!(
            "{name:20} {:>9} {:>5} % {:>9} {:>9} {:>10} KiB",
            decimal(rate),
            rate * 100 / off,
            pace.percentile(50).as_millis(),
            pace.percentile(99).as_millis(),
            memory(cluster.function("gateway")) - before,
        );
    }
}

fn decimal(hundredths: u128) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// The resident memory of a process, in KiB
/// ([proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)); 0 if it is unknown.
fn memory(process: &Process) -> i64 {
    let status =
        process.pid().and_then(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
    let resident = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    status.and_then(resident).unwrap_or_default()
}
