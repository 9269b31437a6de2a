//! The saga under every script of faults: all or nothing, or it says what is left.

use super::*;
use crate::testing::orders::{euro, placed_order};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Refuse,
    FailBefore,
    FailAfter,
}

const FAULTS: [Fault; 4] = [Fault::None, Fault::Refuse, Fault::FailBefore, Fault::FailAfter];

/// A world in which a step takes effect or not as its script says.
struct FakeWorld {
    steps: Mutex<VecDeque<Fault>>,
    undos: Mutex<VecDeque<Fault>>,
    effects: Mutex<BTreeSet<Step>>,
    calls: Mutex<Vec<Step>>,
}

impl FakeWorld {
    fn new(steps: &[Fault], undos: &[Fault]) -> Self {
        Self {
            steps: Mutex::new(steps.iter().copied().collect()),
            undos: Mutex::new(undos.iter().copied().collect()),
            effects: Mutex::default(),
            calls: Mutex::default(),
        }
    }

    fn act(
        &self,
        script: &Mutex<VecDeque<Fault>>,
        step: Step,
        effect: impl FnOnce(&mut BTreeSet<Step>),
    ) -> Result<(), Stop> {
        self.calls.lock().unwrap().push(step);
        let fault = script.lock().unwrap().pop_front().unwrap_or(Fault::None);
        if matches!(fault, Fault::None | Fault::FailAfter) {
            effect(&mut self.effects.lock().unwrap());
        }
        match fault {
            Fault::None => Ok(()),
            Fault::Refuse => Err(Stop::Refused(Refusal::PaymentVoided)),
            Fault::FailBefore | Fault::FailAfter => Err(Stop::Failed),
        }
    }

    fn step(&self, step: Step) -> Result<(), Stop> {
        self.act(&self.steps, step, |effects| {
            effects.insert(step);
        })
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
        self.act(&self.undos, undo.into(), |effects| {
            effects.remove(&undone_by(undo));
        })
    }

    async fn close(&self, _: &PlacedOrder, _: &Outcome) -> Result<(), Stop> {
        self.act(&self.undos, Step::Close, |effects| {
            effects.insert(Step::Close);
        })
    }
}

fn undone_by(undo: Undo) -> Step {
    match undo {
        Undo::ReleaseStock => Step::Reserve,
        Undo::RefundPayment => Step::Pay,
        Undo::CancelShipment => Step::Ship,
    }
}

/// Every list of `length` faults.
fn scripts(length: usize) -> Vec<Vec<Fault>> {
    (0..length).fold(vec![vec![]], |scripts, _| {
        let longer = |script: &Vec<Fault>| {
            FAULTS.iter().map(|fault| [script.as_slice(), &[*fault]].concat()).collect::<Vec<_>>()
        };
        scripts.iter().flat_map(longer).collect()
    })
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

#[tokio::test]
async fn an_order_is_fulfilled_or_undone_or_names_what_is_left_under_every_script() {
    let order = placed_order();
    let undo_scripts = scripts(4);
    for steps in scripts(5) {
        for undos in &undo_scripts {
            let world = FakeWorld::new(&steps, undos);
            let outcome = fulfil(&world, &order).await;
            check(&outcome, &world);
        }
    }
}

#[tokio::test]
async fn undos_run_in_reverse_and_a_refused_step_is_not_undone() {
    let world = FakeWorld::new(&[Fault::None, Fault::None, Fault::None, Fault::Refuse], &[]);
    let outcome = fulfil(&world, &placed_order()).await;
    assert!(matches!(outcome, Outcome::Cancelled { cause: Cause { step: Step::Ship, .. } }));
    let calls: Vec<_> = world.calls.lock().unwrap().iter().map(|step| step.name()).collect();
    assert_eq!(calls.join(" "), "create reserve pay ship refund-payment release-stock close");
}

#[tokio::test]
async fn a_failed_step_is_undone_because_it_may_have_happened() {
    let world = FakeWorld::new(&[Fault::None, Fault::None, Fault::None, Fault::FailAfter], &[]);
    fulfil(&world, &placed_order()).await;
    let calls: Vec<_> = world.calls.lock().unwrap().iter().map(|step| step.name()).collect();
    assert_eq!(
        calls.join(" "),
        "create reserve pay ship cancel-shipment refund-payment release-stock close"
    );
}

#[tokio::test]
async fn what_is_shipped_is_never_taken_back() {
    let mut steps = vec![Fault::None; 4];
    steps.push(Fault::FailBefore);
    let world = FakeWorld::new(&steps, &[]);
    let outcome = fulfil(&world, &placed_order()).await;
    assert!(matches!(outcome, Outcome::Stuck { left, .. } if left == [Step::Complete]));
    assert!(world.effects.lock().unwrap().contains(&Step::Ship));
}
