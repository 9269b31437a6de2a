//! A block: one load on one shop, with what it cost.
#![expect(clippy::float_arithmetic, reason = "shares are fractions")]

use crate::BenchError;
use crate::client::Client;
use crate::counters::{Cpu, Machine, own_cpu};
use crate::drain::{Drain, drained};
use crate::load::Load;
use crate::loops::{Arrivals, Latency, Tally, Window, closed, open};
use crate::stats::{Random, float, per};
use local::Cluster;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The numbers of a calibration, which take some milliseconds.
const CALIBRATION: u64 = 5_000_000;

/// A shop that runs, and its client.
pub struct Site<'a> {
    /// The processes.
    pub cluster: &'a Cluster,
    /// The client.
    pub client: Arc<Client>,
}

/// What a block showed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// The load.
    pub load: Load,
    /// What was done per second.
    pub per_second: f64,
    /// How long each took.
    pub latency: Latency,
    /// What was done at all, warm-up included.
    pub done: u64,
    /// What was rejected, because too much was to be done already.
    pub rejected: u64,
    /// The CPU time of each process with a share in it, in milliseconds each, until the last message was handled.
    pub cpu: BTreeMap<String, f64>,
    /// The share of the machine's CPU time that this process used.
    pub driver: f64,
    /// The share of the machine's CPU time that other machines on the same host took.
    pub stolen: f64,
    /// The milliseconds of a fixed computation just before: the speed of the machine.
    pub calibration: f64,
    /// The messages that were not handled yet when the load ended.
    pub messages: usize,
    /// The seconds until they were.
    pub drained: f64,
}

impl Sample {
    /// The CPU time of all processes with a share in it, in milliseconds each.
    #[must_use]
    pub fn all_cpu(&self) -> f64 {
        self.cpu.values().sum()
    }
}

/// The clocks of CPU time at a moment.
struct Clocks {
    cpu: Cpu,
    own: f64,
    stolen: f64,
    at: Instant,
}

impl Clocks {
    fn read(cluster: &Cluster) -> Self {
        let (cpu, own, stolen) = (Cpu::read(cluster), own_cpu(), Machine::stolen());
        Self { cpu, own, stolen, at: Instant::now() }
    }

    /// A part of the machine's CPU time since this moment.
    fn share(&self, millis: f64, now: Instant) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = u32::try_from(cores).map_or(1.0, f64::from);
        per(millis, (now - self.at).as_secs_f64() * 1_000.0 * cores)
    }
}

impl<'a> Site<'a> {
    /// The shop of `cluster`, with something to order.
    ///
    /// # Errors
    /// When the shop rejects that.
    pub async fn open(cluster: &'a Cluster) -> Result<Self, BenchError> {
        let client = Arc::new(Client::open(cluster).await?);
        Ok(Self { cluster, client })
    }

    /// Runs `load` for the time of `window`, and waits until all that it caused has been handled.
    ///
    /// # Errors
    /// When something fails, which nothing may under load.
    pub async fn block(&self, load: Load, window: Window) -> Result<Sample, BenchError> {
        let calibration = calibrated().await;
        let before = Clocks::read(self.cluster);
        let tally = closed(&self.client, load.subject, load.at_once, window).await?;
        let loaded = Clocks::read(self.cluster);
        let drain = self.settled(load).await?;
        let after = Clocks::read(self.cluster);
        let used = after.cpu.since(&before.cpu).0.into_iter();
        let used = used.filter(|(name, _)| load.subject.uses(name));
        Ok(Sample {
            load,
            per_second: tally.per_second(window.measured),
            latency: tally.latency(),
            done: tally.done,
            rejected: tally.rejected,
            cpu: used.map(|(name, millis)| (name, per(millis, float(tally.done)))).collect(),
            driver: before.share(loaded.own - before.own, loaded.at),
            stolen: before.share(loaded.stolen - before.stolen, loaded.at),
            calibration,
            messages: drain.messages,
            drained: drain.took.as_secs_f64(),
        })
    }

    /// Waits until all orders of a load have completed and their messages were handled.
    ///
    /// # Errors
    /// When that does not happen.
    pub async fn settled(&self, load: Load) -> Result<Drain, BenchError> {
        if !load.subject.makes_orders() {
            return Ok(Drain { messages: 0, took: Duration::ZERO });
        }
        self.client.settle().await?;
        drained(self.cluster).await
    }

    /// The result of orders that arrive, and of what they cause.
    ///
    /// # Errors
    /// As [`Site::block`].
    pub async fn arrivals(&self, load: Load, arrivals: Arrivals) -> Result<Tally, BenchError> {
        let tally = open(&self.client, load.subject, arrivals).await?;
        self.settled(load).await?;
        Ok(tally)
    }
}

/// The milliseconds of a computation that is always the same.
async fn calibrated() -> f64 {
    let compute = || {
        let (began, mut random) = (Instant::now(), Random(1));
        for _ in 0..CALIBRATION {
            black_box(random.draw());
        }
        began.elapsed().as_secs_f64() * 1_000.0
    };
    tokio::task::spawn_blocking(compute).await.unwrap_or_default()
}
