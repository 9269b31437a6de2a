//! What the blocks of each load have in common, and how loads compare.

use crate::block::Sample;
use crate::load::Load;
use crate::stats::{Estimate, median, ratios};
use serde::{Deserialize, Serialize};

/// The medians of all blocks of a load.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The load.
    pub load: Load,
    /// What was done per second.
    pub per_second: Estimate,
    /// The median latency, in milliseconds.
    pub p50: Estimate,
    /// The latency that 99 % did not exceed.
    pub p99: f64,
    /// The CPU time of each, in milliseconds.
    pub cpu: Estimate,
    /// The share of the machine's CPU time that the driver used.
    pub driver: f64,
    /// The messages that were not handled yet when the load ended.
    pub messages: f64,
    /// The seconds until they were.
    pub drained: f64,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// What is done per second: more is better.
    PerSecond,
    /// The median latency: less is better.
    P50,
}

/// The ratios of a load to its reference, of the pairs of all rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Comparison {
    /// The load.
    pub load: Load,
    /// What it is compared with.
    pub of: Load,
    /// By what.
    pub measure: Measure,
    /// Its measure, divided by that of the reference in the same round.
    pub ratio: Estimate,
}

/// The medians of each load, in the order in which loads were first measured.
#[must_use]
pub fn rows(samples: &[Sample]) -> Vec<Row> {
    let mut loads = Vec::new();
    for sample in samples {
        if !loads.contains(&sample.load) {
            loads.push(sample.load);
        }
    }
    loads.into_iter().filter_map(|load| row(load, samples)).collect()
}

fn row(load: Load, samples: &[Sample]) -> Option<Row> {
    let all = |value: fn(&Sample) -> f64| -> Vec<f64> { of(load, samples).map(value).collect() };
    let mean = |value| median(&all(value));
    Some(Row {
        load,
        per_second: Estimate::of(&all(|it| it.per_second))?,
        p50: Estimate::of(&all(|it| it.latency.p50))?,
        p99: mean(|it| it.latency.p99)?,
        cpu: Estimate::of(&all(Sample::all_cpu))?,
        driver: mean(|it| it.driver)?,
        messages: mean(|it| u32::try_from(it.messages).map_or(f64::INFINITY, f64::from))?,
        drained: mean(|it| it.drained)?,
    })
}

/// The samples of a load, in the order of the rounds.
fn of(load: Load, samples: &[Sample]) -> impl Iterator<Item = &Sample> {
    samples.iter().filter(move |sample| sample.load == load)
}

/// Each load that has a reference, compared with it: alone by its latency, otherwise by what is done per second.
#[must_use]
pub fn compared(samples: &[Sample]) -> Vec<Comparison> {
    rows(samples).iter().filter_map(|row| comparison(row.load, samples)).collect()
}

fn comparison(load: Load, samples: &[Sample]) -> Option<Comparison> {
    let reference = load.reference()?;
    let (measure, value): (_, fn(&Sample) -> f64) = match load.at_once {
        1 => (Measure::P50, |it| it.latency.p50),
        _ => (Measure::PerSecond, |it| it.per_second),
    };
    let pairs = of(load, samples).map(value).zip(of(reference, samples).map(value));
    Some(Comparison { load, of: reference, measure, ratio: Estimate::of(&ratios(pairs))? })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::load::Subject;
    use crate::loops::Latency;
    use std::collections::BTreeMap;

    pub(crate) fn sample(load: Load, per_second: f64) -> Sample {
        Sample {
            load,
            per_second,
            latency: Latency { p50: per_second, ..Latency::default() },
            done: 1,
            rejected: 0,
            cpu: BTreeMap::from([("redis".to_owned(), 1.5), ("stock".to_owned(), 2.0)]),
            driver: 0.1,
            stolen: 0.0,
            calibration: 1.0,
            messages: 7,
            drained: 0.5,
        }
    }

    #[test]
    fn pairs_are_those_of_the_same_round() {
        let (order, chain) = (Load::new(Subject::Order, 30), Load::new(Subject::Chain(5), 30));
        let samples = [(order, 10.0), (chain, 20.0), (chain, 40.0), (order, 20.0)];
        let samples = samples.map(|(load, per_second)| sample(load, per_second));
        let found = compared(&samples);
        assert_eq!((found.len(), found[0].of, found[0].measure), (1, chain, Measure::PerSecond));
        assert_eq!(found[0].ratio, Estimate { median: 0.5, low: 0.5, high: 0.5 });
        assert_eq!(rows(&samples).iter().map(|row| row.cpu.median).collect::<Vec<_>>(), [3.5, 3.5]);
    }

    #[test]
    fn what_runs_alone_is_compared_by_its_latency() {
        let order = Load::new(Subject::Order, 1);
        let again = Load { again: true, ..order };
        let found = compared(&[sample(order, 2.0), sample(again, 3.0)]);
        assert_eq!((found.len(), found[0].measure), (1, Measure::P50));
        assert!((1.49..1.51).contains(&found[0].ratio.median));
    }
}
