//! The comparison of two revisions, whose shops run beside each other and take turns.

use crate::BenchError;
use crate::block::{Sample, Site};
use crate::load::{Load, Subject};
use crate::measure::{counted, line};
use crate::meter::Work;
use crate::moves::{MEASURES, Move, moves, moves_table};
use crate::report::{Setting, Table, heading, number};
use crate::setting::Plan;
use crate::stats::per;
use serde::{Deserialize, Serialize};

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
    let moves = moves(&of, &loads(plan.at_once), &MEASURES);
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

/// The comparison as it is read.
#[must_use]
pub fn table(moves: &Moves) -> String {
    let title = format!("Against the base `{}`:", moves.base);
    let times = moves_table(title, ["base", "head", "head / base"], &moves.moves);
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
