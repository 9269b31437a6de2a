//! The measurement of one shop and of the ceilings beside it.
#![expect(clippy::float_arithmetic, reason = "shares are fractions")]

use crate::BenchError;
use crate::block::{Sample, Site};
use crate::counters::Cpu;
use crate::load::{Load, Subject, loads};
use crate::loops::Arrivals;
use crate::meter::{Meter, Work};
use crate::report::{OpenSample, Report, Row, Setting, compared, rows};
use crate::setting::Plan;
use crate::stats::there_and_back;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::interval;

/// How long the shop is left alone to see what it does without orders.
const IDLE: Duration = Duration::from_secs(5);

/// The orders whose work is counted, one after the other: concurrent ones conflict, and repeat some of it.
const COUNTED: u16 = 40;

/// The percentages of the capacity at which latencies are measured.
const PERCENTAGES: [u8; 3] = [50, 70, 90];

/// Latencies are measured for as many times as long as the capacity was.
const LASTING: u32 = 3;

/// Measures everything by `plan`; `say` gets a line about each step.
///
/// # Errors
/// When something fails, which nothing may under load.
pub async fn measure(
    site: &Site<'_>,
    plan: &Plan,
    setting: Setting,
    say: impl Fn(&str),
) -> Result<Report, BenchError> {
    say("looking at the idle shop");
    let idle = idle(site).await;
    say("counting the work of an order");
    let work = counted(site).await?;
    let samples = rounds(site, plan, &loads(plan.at_once), plan.pairs, &say).await?;
    let rows = rows(&samples);
    let open = below_capacity(site, plan, &rows, &say).await?;
    let comparisons = compared(&samples);
    Ok(Report { setting, idle, work, samples, rows, comparisons, open })
}

/// The CPU time that each process uses without any load, in milliseconds per second.
async fn idle(site: &Site<'_>) -> BTreeMap<String, f64> {
    let before = Cpu::read(site.cluster);
    let mut ticks = interval(IDLE);
    ticks.tick().await;
    ticks.tick().await;
    let used = Cpu::read(site.cluster).since(&before).0.into_iter();
    used.map(|(name, millis)| (name, millis / IDLE.as_secs_f64())).collect()
}

/// The work of an order.
///
/// # Errors
/// When an order fails, or a counter cannot be read.
pub async fn counted(site: &Site<'_>) -> Result<Work, BenchError> {
    let meter = Meter::start(site.cluster, site.client.http()).await?;
    for _ in 0..COUNTED {
        site.client.once(Subject::Order).await?;
    }
    meter.finish(f64::from(COUNTED)).await
}

/// All blocks of all rounds, each of which has all of `loads`.
pub(crate) async fn rounds(
    site: &Site<'_>,
    plan: &Plan,
    loads: &[Load],
    rounds: usize,
    say: &impl Fn(&str),
) -> Result<Vec<Sample>, BenchError> {
    let mut samples = Vec::new();
    for (number, round) in there_and_back(loads, rounds).iter().enumerate() {
        say(&format!("round {} of {rounds}", number + 1));
        for load in round {
            let sample = site.block(*load, plan.window(*load)).await?;
            say(&line(&sample));
            samples.push(sample);
        }
    }
    Ok(samples)
}

/// A line about a block.
pub(crate) fn line(sample: &Sample) -> String {
    let Sample { load, per_second, latency, .. } = sample;
    let what = format!("{load}, {} at once", load.at_once);
    let cpu = sample.all_cpu();
    format!("  {what:52} {per_second:9.1}/s  p50 {:8.2} ms  CPU {cpu:7.2} ms each", latency.p50)
}

/// Latencies at rates below the capacity of orders, and of the workflow that they are compared with.
async fn below_capacity(
    site: &Site<'_>,
    plan: &Plan,
    rows: &[Row],
    say: &impl Fn(&str),
) -> Result<Vec<OpenSample>, BenchError> {
    let mut open = Vec::new();
    for percent in PERCENTAGES {
        for subject in [Subject::Order, Subject::Chain(5)] {
            let load = Load::new(subject, plan.at_once);
            let Some(row) = rows.iter().find(|row| row.load == load) else { continue };
            let per_second = row.per_second.median * f64::from(percent) / 100.0;
            say(&format!("  {subject} at {percent} % of the capacity: {per_second:.1}/s"));
            let arrivals = Arrivals { per_second, lasting: plan.measured * LASTING };
            open.push(at_rate(site, load, percent, arrivals).await?);
        }
    }
    Ok(open)
}

async fn at_rate(
    site: &Site<'_>,
    load: Load,
    percent: u8,
    arrivals: Arrivals,
) -> Result<OpenSample, BenchError> {
    let tally = site.arrivals(load, arrivals).await?;
    Ok(OpenSample {
        load,
        percent,
        per_second: arrivals.per_second,
        latency: tally.latency(),
        done: tally.done,
        rejected: tally.rejected,
        late: tally.late,
        dropped: tally.dropped,
    })
}
