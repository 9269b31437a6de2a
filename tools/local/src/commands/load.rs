//! `local load`: how fast orders go, with and without telemetry, side by side.

use clap::Args;
use local::load::{self, Load, Pace};
use local::process::Process;
use local::{Cluster, LocalError, Options};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;

/// How fast orders go: in shops of their own, one after the other.
#[derive(Debug, Args)]
pub(crate) struct Measure {
    /// Orders in each shop.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(10..=100_000))]
    orders: u32,
    /// Orders under way at once.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    at_once: u32,
}

/// What befalls the telemetry of a shop.
const CASES: [(&str, Collector); 5] = [
    ("telemetry off", Collector::Off),
    ("collector well", Collector::Well),
    ("collector absent", Collector::Absent),
    ("collector hangs", Collector::Faulty("hang")),
    ("collector fails", Collector::Faulty("fail")),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collector {
    Off,
    Well,
    Absent,
    Faulty(&'static str),
}

pub(crate) async fn run(measure: Measure) -> Result<(), LocalError> {
    let load = Load { orders: measure.orders as usize, at_once: measure.at_once as usize };
    println!(
        "{:18} {:>9} {:>7} {:>9} {:>9} {:>14}",
        "", "orders/s", "ratio", "p50 ms", "p99 ms", "gateway grew"
    );
    let mut off = None;
    for (name, collector) in CASES {
        let (pace, grown) = in_a_shop(collector, load).await?;
        let pace_off = *off.get_or_insert(pace.per_hundred_seconds());
        show(name, pace, pace_off, grown);
    }
    Ok(())
}

fn show(name: &str, pace: Pace, off: u128, grown: i64) {
    let rate = pace.per_hundred_seconds();
    println!(
        "{name:18} {:>6}.{:02} {:>5} % {:>9} {:>9} {grown:>10} KiB",
        rate / 100,
        rate % 100,
        rate * 100 / off.max(1),
        pace.median.as_millis(),
        pace.slowest.as_millis(),
    );
}

/// Measures one shop, after as many orders to warm it up, and tells by how much its gateway grew.
async fn in_a_shop(collector: Collector, load: Load) -> Result<(Pace, i64), LocalError> {
    let mut env = BTreeMap::from([("RUST_LOG".to_owned(), "warn".to_owned())]);
    if collector == Collector::Absent {
        // Nothing listens on the discard port.
        env.insert("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), "http://127.0.0.1:9".to_owned());
    }
    let traces = collector != Collector::Off;
    let cluster = Cluster::start(Options { env, traces, ..Options::default() }).await?;
    let http = local::http_client();
    if let (Collector::Faulty(fault), Some(sink)) = (collector, cluster.traces_url()) {
        let set =
            http.put(format!("{sink}/control/faults")).json(&json!({"fault": fault})).send().await;
        set.map_err(|source| LocalError::Load { source: Box::new(source) })?;
    }
    load::run(&http, &cluster.gateway_url(), load).await?;
    let before = memory(cluster.function("gateway"));
    let pace = load::run(&http, &cluster.gateway_url(), load).await?;
    let grown = memory(cluster.function("gateway")) - before;
    cluster.stop().await;
    Ok((pace, grown))
}

/// What a process holds in memory, in KiB
/// ([proc(5)](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)); 0 where that is not told.
fn memory(process: &Process) -> i64 {
    let status =
        process.pid().and_then(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok());
    let held = |status: String| {
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    };
    status.and_then(held).unwrap_or_default()
}
