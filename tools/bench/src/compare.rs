//! The comparison of two revisions, whose shops run beside each other and take turns.

use crate::BenchError;
use crate::block::{Sample, Site};
use crate::load::{Load, Subject};
use crate::measure::{counted, line};
use crate::meter::Work;
use crate::report::{Setting, Table, heading, interval, number};
use crate::setting::Plan;
use crate::stats::{Estimate, median, per, ratios};
use serde::{Deserialize, Serialize};

/// What moved, or did not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Move {
    /// The load.
    pub load: Load,
    /// What was measured of it.
    pub measure: String,
    /// The median of the base.
    pub base: f64,
    /// The median of the workspace as it is.
    pub head: f64,
    /// The ratios of pairs: head to base.
    pub ratio: Estimate,
    /// The ratios of the same shop measured twice in a round.
    pub noise: Estimate,
    /// Whether the ratio is beyond the noise.
    pub moved: bool,
}

/// Two revisions, compared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Moves {
    /// Where and how; its commit is the head's.
    pub setting: Setting,
    /// The commit of the base.
    pub base: String,
    /// What moved.
    pub moves: Vec<Move>,
    /// The work of an order: of the base and of the head.
    pub work: [Work; 2],
    /// Every block of the base.
    pub of_base: Vec<Sample>,
    /// Every block of the head.
    pub of_head: Vec<Sample>,
}

/// How a measure is called, and how it is read. It says itself whether more or less is better.
type Measure = (&'static str, fn(&Sample) -> f64);

const MEASURES: [Measure; 4] = [
    ("per second", |it| it.per_second),
    ("p50 ms", |it| it.latency.p50),
    ("CPU ms each", Sample::all_cpu),
    ("drained in s", |it| it.drained),
];

/// Compares the shops `base` and `head` by `plan`, of the commits `base_commit` and that of `setting`.
///
/// # Errors
/// When something fails, which nothing may under load.
pub async fn compare(
    [base, head]: [&Site<'_>; 2],
    plan: &Plan,
    setting: Setting,
    base_commit: String,
    say: impl Fn(&str),
) -> Result<Moves, BenchError> {
    say("counting the work of an order");
    let work = [counted(base).await?, counted(head).await?];
    let mut of = [Vec::new(), Vec::new()];
    let rounds = plan.pairs.div_ceil(2);
    for round in 1..=rounds {
        say(&format!("round {round} of {rounds}"));
        for load in loads(plan.at_once) {
            // The first of the base and of the head are a pair, and the second.
            for (site, samples) in [(base, 0), (head, 1), (head, 1), (base, 0)] {
                let sample = site.block(load, plan.window(load)).await?;
                say(&format!("{} {}", ["base", "head"][samples], line(&sample)));
                of[samples].push(sample);
            }
        }
    }
    let moves = moves(&of, plan.at_once);
    let [of_base, of_head] = of;
    Ok(Moves { setting, base: base_commit, moves, work, of_base, of_head })
}

/// What is counted, and how it is read.
type Count = (&'static str, fn(&Work) -> f64);

/// What is compared: what the shop alone does.
fn loads(many: u16) -> [Load; 6] {
    [
        Load::new(Subject::Order, many),
        Load::new(Subject::Order, 1),
        Load::new(Subject::Accept, 1),
        Load::new(Subject::GetOrder, 1),
        Load::new(Subject::GetProduct, 1),
        Load::new(Subject::GetOrder, many),
    ]
}

/// Each measure of each load.
fn moves(of: &[Vec<Sample>; 2], many: u16) -> Vec<Move> {
    let of_load = |load| MEASURES.iter().filter_map(move |measure| moved(of, load, *measure));
    loads(many).into_iter().flat_map(of_load).collect()
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

/// The comparison as it is read.
#[must_use]
pub fn table(moves: &Moves) -> String {
    let row = |it: &Move| {
        let beyond = if it.moved { "yes" } else { "no" };
        let what = format!("{}, {} at once, {}", it.load, it.load.at_once, it.measure);
        let (ratio, noise) = (interval(&it.ratio), interval(&it.noise));
        vec![what, number(it.base), number(it.head), ratio, noise, beyond.to_owned()]
    };
    let times = Table {
        title: format!("Against the base `{}`:", moves.base),
        head: vec!["what", "base", "head", "head / base", "noise", "beyond noise"],
        rows: moves.moves.iter().map(row).collect(),
    };
    format!("{}\n{times}\n{}", heading(&moves.setting), work_table(&moves.work))
}

fn work_table([base, head]: &[Work; 2]) -> Table {
    let counts: [Count; 6] = [
        ("calls of functions to their sidecars", |it| it.counts.all_calls()),
        ("results of workflow turns and activities, and starts", |it| it.counts.work_items),
        ("commands of Redis", |it| it.counts.all_redis()),
        ("keys written or deleted in the scheduler's etcd", |it| it.counts.etcd_writes),
        ("keys left in Redis", |it| it.kept.keys),
        ("bytes left in Redis", |it| it.kept.bytes),
    ];
    let row = |(what, value): &Count| {
        let (base, head) = (value(base), value(head));
        vec![(*what).to_owned(), number(base), number(head), number(per(head, base))]
    };
    Table {
        title: "The work of one order, counted:".to_owned(),
        head: vec!["what", "base", "head", "head / base"],
        rows: counts.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_ratio_beyond_the_noise_has_moved() {
        let order = Load::new(Subject::Order, 30);
        let of = |rates: &[f64]| rates.iter().map(|rate| sample(order, *rate)).collect::<Vec<_>>();
        let base = of(&[10.0, 10.2, 10.1, 10.0]);
        for (head, expected) in
            [([20.0, 20.3, 20.1, 20.2], true), ([10.1, 10.0, 10.0, 10.2], false)]
        {
            let moves = moves(&[base.clone(), of(&head)], 30);
            assert_eq!(moves[0].measure, "per second");
            assert_eq!(moves[0].moved, expected, "{:?}", moves[0]);
        }
    }
}
