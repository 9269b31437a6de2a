//! What moved between two series of blocks, beyond the noise.

use crate::block::Sample;
use crate::load::Load;
use crate::report::{Table, interval, number};
use crate::stats::{Estimate, median, ratios};
use serde::{Deserialize, Serialize};

/// What moved, or did not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Move {
    /// The load.
    pub load: Load,
    /// What was measured of it.
    pub measure: String,
    /// The median of the first series: the base.
    pub base: f64,
    /// The median of the second one: the head.
    pub head: f64,
    /// The ratios of pairs: head to base.
    pub ratio: Estimate,
    /// The ratios of the same thing measured twice in a round.
    pub noise: Estimate,
    /// Whether the ratio is beyond the noise.
    pub moved: bool,
}

/// How a measure is called, and how it is read. It says itself whether more or less is better.
pub(crate) type Measure = (&'static str, fn(&Sample) -> f64);

/// What is compared.
pub(crate) const MEASURES: [Measure; 4] = [
    ("per second", |it| it.per_second),
    ("p50 ms", |it| it.latency.p50),
    ("CPU ms each", Sample::all_cpu),
    ("drained in s", |it| it.drained),
];

/// Each measure of each load, in the base and in the head. Both have as many samples of a load, in pairs of the same
/// round.
pub(crate) fn moves(of: &[Vec<Sample>; 2], loads: &[Load], measures: &[Measure]) -> Vec<Move> {
    let of_load = |load| measures.iter().filter_map(move |measure| moved(of, load, *measure));
    loads.iter().flat_map(|load| of_load(*load)).collect()
}

fn moved(of: &[Vec<Sample>; 2], load: Load, (measure, value): Measure) -> Option<Move> {
    let all = |samples: &Vec<Sample>| -> Vec<f64> {
        samples.iter().filter(|sample| sample.load == load).map(value).collect()
    };
    let [base, head] = of.each_ref().map(all);
    let ratio = Estimate::of(&ratios(head.iter().copied().zip(base.iter().copied())))?;
    let twice = |values: &[f64]| ratios(values.chunks_exact(2).map(|pair| (pair[1], pair[0])));
    let noise = Estimate::of(&[twice(&base), twice(&head)].concat())?;
    let moved = ratio.moved(&noise);
    let (base, head) = (median(&base)?, median(&head)?);
    Some(Move { load, measure: measure.to_owned(), base, head, ratio, noise, moved })
}

/// The moves as they are read; `names` are those of the base, of the head and of their ratio.
pub(crate) fn moves_table(title: String, names: [&'static str; 3], moves: &[Move]) -> Table {
    let row = |it: &Move| {
        let beyond = if it.moved { "yes" } else { "no" };
        let what = format!("{}, {} at once, {}", it.load, it.load.at_once, it.measure);
        let (ratio, noise) = (interval(&it.ratio), interval(&it.noise));
        vec![what, number(it.base), number(it.head), ratio, noise, beyond.to_owned()]
    };
    let [base, head, ratio] = names;
    Table {
        title,
        head: vec!["what", base, head, ratio, "noise", "beyond noise"],
        rows: moves.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Subject;
    use crate::report::sample;

    #[test]
    fn a_ratio_beyond_the_noise_has_moved() {
        let order = Load::new(Subject::Order, 30);
        let of = |rates: &[f64]| rates.iter().map(|rate| sample(order, *rate)).collect::<Vec<_>>();
        let base = of(&[10.0, 10.2, 10.1, 10.0]);
        for (head, expected) in
            [([20.0, 20.3, 20.1, 20.2], true), ([10.1, 10.0, 10.0, 10.2], false)]
        {
            let moves = moves(&[base.clone(), of(&head)], &[order], &MEASURES);
            assert_eq!(moves[0].measure, "per second");
            assert_eq!(moves[0].moved, expected, "{:?}", moves[0]);
        }
    }
}
