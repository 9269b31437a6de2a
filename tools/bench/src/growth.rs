//! Growth: a shop before and after many orders, and many orders of one product.

mod tables;

pub use self::tables::growth_tables;

use crate::BenchError;
use crate::block::{Sample, Site};
use crate::counters::{Footprint, Kept};
use crate::load::{Load, Subject};
use crate::loops::times;
use crate::measure::rounds;
use crate::moves::{MEASURES, Measure, Move, moves};
use crate::report::{Comparison, Setting, compared};
use crate::setting::Plan;
use crate::stats::{float, per};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

/// The orders of a step, after which all that they caused is handled: more would outgrow the streams.
const STEP: u64 = 1_000;

/// The speed of the machine, which the blocks before and after do not share.
const CALIBRATION: Measure = ("ms of a fixed computation", |it| it.calibration);

/// The orders that a shop finished between two moments.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// How many had been finished at its end.
    pub finished: u64,
    /// How many were finished per second.
    pub per_second: f64,
    /// The seconds until the last message was handled.
    pub drained: f64,
    /// What the shop then took.
    pub footprint: Footprint,
}

/// A shop, before and after it grew.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Growth {
    /// Where and how.
    pub setting: Setting,
    /// The orders between the fresh shop and the grown one.
    pub orders: u64,
    /// The orders until then.
    pub earlier: u64,
    /// How the grown shop differs from the fresh one.
    pub moves: Vec<Move>,
    /// Orders of one product, compared with those of many in the same round, of both shops.
    pub one_product: Vec<Comparison>,
    /// What was in Redis before the orders, and after them.
    pub kept: [Kept; 2],
    /// What the shop took before the orders, and after them.
    pub footprints: [Footprint; 2],
    /// The orders, in steps.
    pub steps: Vec<Step>,
    /// Every block of the fresh shop.
    pub fresh: Vec<Sample>,
    /// Every block of the grown shop.
    pub grown: Vec<Sample>,
}

/// Measures a shop by `plan`, before and after `orders` orders; `say` gets a line about each step.
///
/// # Errors
/// When something fails, which nothing may under load.
pub async fn grow(
    site: &Site<'_>,
    plan: &Plan,
    setting: Setting,
    orders: u64,
    say: impl Fn(&str),
) -> Result<Growth, BenchError> {
    // Each round has a pair of orders.
    let blocks =
        async || rounds(site, plan, &loads(plan.at_once), plan.pairs.div_ceil(2), &say).await;
    say("measuring the fresh shop");
    let fresh = blocks().await?;
    let (footprint, kept) = taken(site).await?;
    let steps = fill(site, plan.at_once, orders, &say).await?;
    let (grown_footprint, grown_kept) = taken(site).await?;
    say("measuring the grown shop");
    let grown = blocks().await?;
    Ok(Growth {
        setting,
        orders,
        earlier: fresh.iter().map(|sample| sample.done).sum(),
        moves: grown_moves(&fresh, &grown, plan.at_once),
        one_product: compared(&[&fresh[..], &grown].concat()),
        kept: [kept, grown_kept],
        footprints: [footprint, grown_footprint],
        steps,
        fresh,
        grown,
    })
}

/// What the shop takes now. Its keys are read last: that takes memory of Redis.
async fn taken(site: &Site<'_>) -> Result<(Footprint, Kept), BenchError> {
    Ok((Footprint::read(site.cluster)?, Kept::read(site.cluster).await?))
}

/// The loads of a round: orders on both sides of those of one product, which show the noise.
fn loads(at_once: u16) -> [Load; 3] {
    let order = Load::new(Subject::Order, at_once);
    [order, Load::new(Subject::OneProduct, at_once), Load { again: true, ..order }]
}

/// Finishes `orders` orders.
async fn fill(
    site: &Site<'_>,
    at_once: u16,
    orders: u64,
    say: &impl Fn(&str),
) -> Result<Vec<Step>, BenchError> {
    let (mut steps, mut finished) = (Vec::new(), 0);
    while finished < orders {
        let (count, began) = (STEP.min(orders - finished), Instant::now());
        times(&site.client, Subject::Order, at_once, count).await?;
        let per_second = per(float(count), began.elapsed().as_secs_f64());
        let drained = site.settled(Load::new(Subject::Order, at_once)).await?.took.as_secs_f64();
        finished += count;
        say(&format!(
            "  {finished} of {orders} orders: {per_second:.1}/s, drained in {drained:.1} s"
        ));
        let footprint = Footprint::read(site.cluster)?;
        steps.push(Step { finished, per_second, drained, footprint });
    }
    Ok(steps)
}

/// Orders of many products before and after, whether or not they are there again in their round.
fn grown_moves(fresh: &[Sample], grown: &[Sample], at_once: u16) -> Vec<Move> {
    let order = Load::new(Subject::Order, at_once);
    let in_pairs = |samples: &[Sample]| -> Vec<Sample> {
        let orders = samples.iter().filter(|sample| sample.load.subject == Subject::Order);
        orders.map(|sample| Sample { load: order, ..sample.clone() }).collect()
    };
    let measures = [&MEASURES[..], &[CALIBRATION]].concat();
    moves(&[in_pairs(fresh), in_pairs(grown)], &[order], &measures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// Two rounds, there and back.
    fn blocks(rates: [f64; 6]) -> Vec<Sample> {
        let [order, one, again] = loads(30);
        let loads = [order, one, again, again, one, order];
        loads.into_iter().zip(rates).map(|(load, rate)| sample(load, rate)).collect()
    }

    #[test]
    fn a_shop_that_became_slower_has_moved_and_its_machine_has_not() {
        let fresh = blocks([20.0, 10.0, 20.2, 20.1, 10.0, 20.0]);
        let grown = blocks([10.0, 10.0, 10.1, 10.0, 10.0, 10.1]);
        let moves = grown_moves(&fresh, &grown, 30);
        let of = |measure: &str| moves.iter().find(|it| it.measure == measure).unwrap();
        let rate = of("per second");
        assert!(rate.moved && (0.49..0.51).contains(&rate.ratio.median), "{rate:?}");
        assert!((0.99..1.01).contains(&rate.noise.low), "pairs are those of a round: {rate:?}");
        assert!(!of(CALIBRATION.0).moved);
    }

    #[test]
    fn orders_of_one_product_are_compared_with_those_of_many() {
        let found = compared(&blocks([20.0, 10.0, 20.0, 40.0, 20.0, 40.0]));
        let one = found.iter().find(|it| it.load.subject == Subject::OneProduct).unwrap();
        assert_eq!((one.of, one.ratio.median.to_string()), (loads(30)[0], "0.5".to_owned()));
    }
}
