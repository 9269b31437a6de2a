//! The saga under every script of faults: all or nothing, or it says what is left.

use super::*;
use crate::testing::orders::{euro, placed_order};
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

/// What happens to one attempt at a step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Refuse,
    FailBefore,
    FailAfter,
}

/// What happens to the attempts at one step; those that fail are repeated, as the engine does, until
/// there are no more.
type Tries = &'static [Fault];

use Fault::{FailAfter, FailBefore, None as Well, Refuse};

/// A step succeeds, is refused or fails, immediately or after tries that failed before or after
/// their effect.
const TRIES: [Tries; 8] = [
    &[Well],
    &[FailAfter, Well],
    &[Refuse],
    &[FailBefore, Refuse],
    &[FailAfter, Refuse],
    &[FailBefore, FailBefore],
    &[FailAfter, FailBefore],
    &[FailBefore, FailAfter],
];

/// An undo is never refused.
const UNDO_TRIES: [Tries; 3] =
    [&[FailAfter, Well], &[FailBefore, FailBefore], &[FailBefore, FailAfter]];

/// A shop in which each attempt at a step takes effect or not, as its script says.
#[derive(Default)]
struct FakeWorld {
    scripts: HashMap<Step, Tries>,
    effects: Mutex<BTreeSet<Step>>,
    calls: Mutex<Vec<Step>>,
}

impl FakeWorld {
    fn new(scripts: impl IntoIterator<Item = (Step, Tries)>) -> Self {
        Self { scripts: scripts.into_iter().collect(), ..Self::default() }
    }

    fn act(&self, step: Step, effect: impl Fn(&mut BTreeSet<Step>)) -> Result<(), Stop> {
        self.calls.lock().unwrap().push(step);
        let mut last = Err(Stop::Failed);
        for fault in self.scripts.get(&step).copied().unwrap_or(&[Well]) {
            if matches!(fault, Well | FailAfter) {
                effect(&mut self.effects.lock().unwrap());
            }
            last = match fault {
                Well => Ok(()),
                Refuse => Err(Stop::Refused(Refusal::PaymentVoided)),
                FailBefore | FailAfter => Err(Stop::Failed),
            };
        }
        last
    }

    fn step(&self, step: Step) -> Result<(), Stop> {
        self.act(step, |effects| {
            effects.insert(step);
        })
    }

    fn calls(&self) -> String {
        let calls = self.calls.lock().unwrap();
        calls.iter().map(Step::to_string).collect::<Vec<_>>().join(" ")
    }
}

impl Steps for FakeWorld {
    async fn create(&self, _: &PlacedOrder) -> Result<Option<Outcome>, Stop> {
        self.step(Step::Create).map(|()| None)
    }

    async fn reserve(&self, _: &PlacedOrder) -> Result<Money, Stop> {
        self.step(Step::Reserve).map(|()| euro(100))
    }

    async fn pay(&self, _: &PlacedOrder, _: Money) -> Result<(), Stop> {
        self.step(Step::Pay)
    }

    async fn ship(&self, _: &PlacedOrder) -> Result<(), Stop> {
        self.step(Step::Ship)
    }

    async fn complete(&self, _: &PlacedOrder) -> Result<(), Stop> {
        self.step(Step::Complete)
    }

    async fn undo(&self, _: &PlacedOrder, undo: Undo, _: &Cause) -> Result<(), Stop> {
        self.act(undo.into(), |effects| {
            effects.remove(&undone_by(undo));
        })
    }

    async fn close(&self, _: &PlacedOrder, _: &Outcome) -> Result<(), Stop> {
        self.step(Step::Close)
    }
}

fn undone_by(undo: Undo) -> Step {
    match undo {
        Undo::ReleaseStock => Step::Reserve,
        Undo::RefundPayment => Step::Pay,
        Undo::CancelShipment => Step::Ship,
    }
}

fn check(outcome: &Outcome, world: &FakeWorld) {
    let effects = world.effects.lock().unwrap();
    let remaining: Vec<_> = Undo::ALL
        .into_iter()
        .filter(|undo| effects.contains(&undone_by(*undo)))
        .map(Step::from)
        .collect();
    match outcome {
        Outcome::Fulfilled => {
            let all = BTreeSet::from([
                Step::Create,
                Step::Reserve,
                Step::Pay,
                Step::Ship,
                Step::Complete,
            ]);
            assert_eq!(*effects, all);
        }
        Outcome::Cancelled { .. } => {
            assert_eq!(remaining, []);
            assert!(effects.contains(&Step::Close));
        }
        Outcome::Stuck { left, .. } => {
            assert!(!left.is_empty());
            let named = |step: &Step| left.contains(step) || left.contains(&Step::Complete);
            assert!(remaining.iter().all(named), "{remaining:?} remain, {left:?} are named");
        }
    }
}

/// Every way to assign `tries` to `steps`.
fn scripts(steps: &[Step], tries: &[Tries]) -> Vec<Vec<(Step, Tries)>> {
    steps.iter().fold(vec![vec![]], |scripts, step| {
        let longer = |script: &Vec<(Step, Tries)>| {
            let one_more = |tries: &Tries| [script.as_slice(), &[(*step, *tries)]].concat();
            tries.iter().map(one_more).collect::<Vec<_>>()
        };
        scripts.iter().flat_map(longer).collect()
    })
}

const FORWARD: [Step; 5] = [Step::Create, Step::Reserve, Step::Pay, Step::Ship, Step::Complete];
const BACK: [Step; 4] =
    [Step::CancelShipment, Step::RefundPayment, Step::ReleaseStock, Step::Close];

/// The scripts of the steps that matter: what comes after one that stops the order is never tried.
fn forward_scripts() -> Vec<Vec<(Step, Tries)>> {
    let stops = |tries: Tries| tries.last() != Some(&Well);
    (0..FORWARD.len())
        .flat_map(|last| {
            let before = scripts(&FORWARD[..last], &TRIES[..2]);
            let ends = TRIES.iter().filter(move |tries| stops(tries) || last == 4);
            let ends: Vec<_> = ends.map(|tries| (FORWARD[last], *tries)).collect();
            before.into_iter().flat_map(move |before| {
                ends.clone().into_iter().map(move |end| [before.as_slice(), &[end]].concat())
            })
        })
        .collect()
}

#[tokio::test]
async fn an_order_is_fulfilled_or_undone_or_names_what_is_left_under_every_script() {
    let order = placed_order();
    let undo_scripts = scripts(&BACK, &UNDO_TRIES);
    for steps in forward_scripts() {
        for undos in &undo_scripts {
            let world = FakeWorld::new(steps.iter().chain(undos).copied());
            let outcome = fulfil(&world, &order).await;
            check(&outcome, &world);
        }
    }
}

#[tokio::test]
async fn every_step_that_was_tried_is_undone() {
    for tries in TRIES.into_iter().filter(|tries| tries.last() != Some(&Well)) {
        let world = FakeWorld::new([(Step::Ship, tries)]);
        let outcome = fulfil(&world, &placed_order()).await;
        assert!(matches!(outcome, Outcome::Cancelled { cause: Cause { step: Step::Ship, .. } }));
        let expected = "create reserve pay ship release-stock refund-payment cancel-shipment close";
        assert_eq!(world.calls(), expected);
    }
}

#[tokio::test]
async fn a_step_refused_after_a_try_that_took_effect_is_undone() {
    let world = FakeWorld::new([(Step::Pay, &[FailAfter, Refuse] as Tries)]);
    let outcome = fulfil(&world, &placed_order()).await;
    assert!(matches!(outcome, Outcome::Cancelled { .. }), "{outcome:?}");
    assert!(!world.effects.lock().unwrap().contains(&Step::Pay));
}

#[tokio::test]
async fn a_failing_undo_delays_no_other() {
    let world = FakeWorld::new([
        (Step::Ship, &[Refuse] as Tries),
        (Step::ReleaseStock, &[FailBefore] as Tries),
    ]);
    let outcome = fulfil(&world, &placed_order()).await;
    assert!(matches!(outcome, Outcome::Stuck { left, .. } if left == [Step::ReleaseStock]));
    assert!(!world.effects.lock().unwrap().contains(&Step::Pay));
}

#[tokio::test]
async fn a_shipped_order_is_never_undone() {
    let world = FakeWorld::new([(Step::Complete, &[FailBefore] as Tries)]);
    let outcome = fulfil(&world, &placed_order()).await;
    assert!(matches!(outcome, Outcome::Stuck { left, .. } if left == [Step::Complete]));
    assert!(world.effects.lock().unwrap().contains(&Step::Ship));
}

#[tokio::test]
async fn finishing_a_stuck_order_does_only_what_was_left() {
    let order = placed_order();
    for (stuck_at, calls) in [
        (Step::RefundPayment, "refund-payment close"),
        (Step::Close, "close"),
        (Step::Complete, "complete"),
    ] {
        let stops_at = if stuck_at == Step::Complete { Step::Complete } else { Step::Ship };
        let scripts = [(stops_at, &[FailBefore] as Tries), (stuck_at, &[FailBefore] as Tries)];
        let outcome = fulfil(&FakeWorld::new(scripts), &order).await;
        let Outcome::Stuck { cause, left } = outcome else { panic!("{outcome:?}") };
        let world = FakeWorld::new([]);
        let outcome = finish(&world, &order, cause, &left).await;
        assert!(!matches!(outcome, Outcome::Stuck { .. }), "{outcome:?}");
        assert_eq!(world.calls(), calls);
    }
}
