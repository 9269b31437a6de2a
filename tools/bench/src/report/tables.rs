//! The tables of a report.
#![expect(clippy::float_arithmetic, reason = "shares are shown as percentages")]

use super::rows::{Comparison, Measure, Row};
use super::{OpenSample, Report, Setting, Table};
use crate::block::Sample;
use crate::load::{Load, Subject};
use crate::meter::Work;
use crate::stats::{Estimate, median};
use std::collections::BTreeSet;

/// The processes that are shown by name.
const PROCESSES: usize = 14;

/// The report as it is read: where and how, then its tables.
#[must_use]
pub fn tables(report: &Report) -> String {
    let all = [
        throughput(&report.rows),
        comparisons(&report.comparisons),
        work(&report.work),
        processes(report),
        open(&report.open),
    ];
    let filled = all.iter().filter(|table| !table.rows.is_empty()).map(ToString::to_string);
    let parts: Vec<_> = [heading(&report.setting)].into_iter().chain(filled).collect();
    parts.join("\n")
}

/// Where and how something was measured, as a paragraph.
#[must_use]
pub(crate) fn heading(setting: &Setting) -> String {
    let Setting { date, commit, profile, dapr, machine, pairs, seconds, quick, traces } = setting;
    let quick = if *quick { "**A quick run: its figures are rough.** " } else { "" };
    let traces = if *traces { "a tenth of the orders traced" } else { "no traces" };
    let how = match seconds {
        0 => format!("{pairs} starts each"),
        _ => format!("{pairs} pairs, {seconds} s each"),
    };
    format!(
        "{quick}Measured at {date}, commit `{commit}`, profile `{profile}`, Dapr {dapr}, {traces}; {how}. {}, {} \
         cores, {} MiB, Linux {}; load before: {}.\n",
        machine.processor, machine.cores, machine.memory, machine.kernel, machine.load
    )
}

fn throughput(rows: &[Row]) -> Table {
    let row = |row: &Row| {
        let drained =
            if row.load.subject.makes_orders() { number(row.drained) } else { "–".to_owned() };
        vec![
            row.load.to_string(),
            row.load.at_once.to_string(),
            interval(&row.per_second),
            interval(&row.p50),
            number(row.p99),
            interval(&row.cpu),
            percent(row.driver),
            drained,
        ]
    };
    Table {
        title:
            "Medians of all blocks; in brackets the interval that holds 95 % of resampled medians:"
                .to_owned(),
        head: vec![
            "what",
            "at once",
            "per second",
            "p50 ms",
            "p99 ms",
            "CPU ms each",
            "driver",
            "drained in s",
        ],
        rows: rows.iter().map(row).collect(),
    }
}

/// The ratios of loads to their references.
pub(crate) fn comparisons(comparisons: &[Comparison]) -> Table {
    let row = |it: &Comparison| {
        let measure = match it.measure {
            Measure::PerSecond => "per second",
            Measure::P50 => "p50",
        };
        let noise = comparisons
            .iter()
            .find(|noise| noise.load.again && noise.load.at_once == it.load.at_once);
        let differs = noise.filter(|_| !it.load.again).map(|noise| it.ratio.moved(&noise.ratio));
        let differs = differs.map_or("noise", |moved| if moved { "yes" } else { "no" });
        let what = format!("{} / {}", short(it.load), short(it.of));
        vec![
            what,
            it.load.at_once.to_string(),
            measure.to_owned(),
            interval(&it.ratio),
            differs.to_owned(),
        ]
    };
    Table {
        title: "Ratios of pairs in the same round; `noise` is the same thing measured twice:"
            .to_owned(),
        head: vec!["ratio", "at once", "of", "median", "beyond noise"],
        rows: comparisons.iter().map(row).collect(),
    }
}

/// A load without its explanation.
fn short(load: Load) -> String {
    let name = load.to_string();
    let short = name.split_once(": ").map_or(name.as_str(), |(short, _)| short);
    short.to_owned()
}

fn work(work: &Work) -> Table {
    let counts = &work.counts;
    let redis = |name: &str| counts.redis.get(name).copied().unwrap_or_default();
    let row = |what: &str, count: f64| vec![what.to_owned(), number(count)];
    Table {
        title: "The work of one order of one product, counted:".to_owned(),
        head: vec!["what", "each order"],
        rows: vec![
            row("calls of functions to their sidecars", counts.all_calls()),
            row("results of workflow turns and activities, and starts", counts.work_items),
            row("calls between sidecars", counts.hops),
            row("calls of sidecars to functions", counts.deliveries),
            row("commands of Redis, those in scripts too", counts.all_redis()),
            row("– of which scripts", redis("eval") + redis("evalsha")),
            row("– of which transactions", redis("exec")),
            row("keys written or deleted in the scheduler's etcd", counts.etcd_writes),
            row("keys left in Redis", work.kept.keys),
            row("bytes left in Redis", work.kept.bytes),
        ],
    }
}

/// The processes that use most CPU time for orders, and how much for what.
fn processes(report: &Report) -> Table {
    let many = report.samples.iter().map(|sample| sample.load.at_once).max().unwrap_or_default();
    let of = |subject, process: &str| {
        let load = Load::new(subject, many);
        let samples = report.samples.iter().filter(|sample| sample.load == load);
        let used = |sample: &Sample| sample.cpu.get(process).copied().unwrap_or_default();
        median(&samples.map(used).collect::<Vec<_>>()).unwrap_or_default()
    };
    let names: BTreeSet<_> = report.samples.iter().flat_map(|sample| sample.cpu.keys()).collect();
    let mut used: Vec<_> = names.into_iter().map(|name| (name, of(Subject::Order, name))).collect();
    used.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let row = |(name, cpu): &(&String, f64)| {
        let idle = report.idle.get(*name).copied().unwrap_or_default();
        vec![(*name).clone(), number(*cpu), number(of(Subject::Chain(5), name)), number(idle)]
    };
    Table {
        title: format!("CPU time by process, {many} at once:"),
        head: vec!["process", "ms an order", "ms an E5", "ms a second when idle"],
        rows: used.iter().take(PROCESSES).map(row).collect(),
    }
}

fn open(samples: &[OpenSample]) -> Table {
    let row = |it: &OpenSample| {
        vec![
            short(it.load),
            format!("{} %", it.percent),
            number(it.per_second),
            number(it.latency.p50),
            number(it.latency.p99),
            number(it.latency.p999),
            number(it.latency.max),
            it.late.to_string(),
            (it.dropped + it.rejected).to_string(),
        ]
    };
    Table {
        title: "Latency at a fixed rate, from the time at which each was to begin:".to_owned(),
        head: vec![
            "what",
            "of capacity",
            "per second",
            "p50 ms",
            "p99 ms",
            "p99.9 ms",
            "max ms",
            "late",
            "not done",
        ],
        rows: samples.iter().map(row).collect(),
    }
}

/// A number, with as many decimals as it has use for.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// An estimate as its median and its interval.
pub(crate) fn interval(estimate: &Estimate) -> String {
    let Estimate { median, low, high } = *estimate;
    format!("{} [{}, {}]", number(median), number(low), number(high))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{compared, rows, sample};

    #[test]
    fn numbers_have_about_three_digits() {
        assert_eq!([1_234.5, 12.34, 1.234, 0.0].map(number), ["1234", "12.3", "1.23", "0.00"]);
    }

    #[test]
    fn the_same_thing_measured_twice_is_the_noise() {
        let (order, chain) = (Load::new(Subject::Order, 30), Load::new(Subject::Chain(5), 30));
        let loads = [(order, 10.0), (chain, 20.0), (Load { again: true, ..order }, 11.0)];
        let samples = loads.map(|(load, per_second)| sample(load, per_second));
        let table = comparisons(&compared(&samples));
        let column =
            |index: usize| table.rows.iter().map(|row| row[index].as_str()).collect::<Vec<_>>();
        assert_eq!(column(0), ["order / E5", "order, again / order"]);
        assert_eq!(column(4), ["yes", "noise"]);
        assert!(throughput(&rows(&samples)).to_string().contains("| 10.0 [10.0, 10.0] |"));
    }
}
