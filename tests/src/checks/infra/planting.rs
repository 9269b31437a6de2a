//! The search for planted mistakes: several at once, as long as a different check finds each.

use super::compiler::{Compiled, Compiler};
use super::mistakes::{MISTAKES, Mistake, Shown};
use super::{Finding, Tree};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Mistakes in the same place, each found by a different check.
type Batch = Vec<&'static Mistake>;

/// The mistakes that are not found in `tree` once they are planted there. Those that take a compiler are left out
/// where there is none.
///
/// # Panics
/// When a mistake cannot be planted.
#[must_use]
pub fn unfound(tree: &Tree, compiler: Option<&Compiler>) -> Vec<String> {
    let batches = batches();
    let next = AtomicUsize::new(0);
    let search = || -> Vec<String> {
        let taken = || batches.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(taken).flat_map(|batch| unfound_of(batch, tree, compiler)).collect()
    };
    // A compiler each, and no more of them than this machine runs at once.
    let searchers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let searchers: Vec<_> = (0..searchers).map(|_| scope.spawn(search)).collect();
        let found = searchers.into_iter().map(|it| it.join().expect("no searcher panics"));
        found.flatten().collect()
    })
}

fn batches() -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for mistake in MISTAKES {
        let fits = |batch: &&mut Batch| {
            let alone = |it: &&Mistake| it.shown == mistake.shown && it.check != mistake.check;
            mistake.shown != Shown::Source && batch.iter().all(alone)
        };
        match batches.iter_mut().find(fits) {
            Some(batch) => batch.push(mistake),
            None => batches.push(vec![mistake]),
        }
    }
    batches
}

/// The names of those that are not found, with what the compiler says where it was not to say anything.
fn unfound_of(batch: &[&'static Mistake], tree: &Tree, compiler: Option<&Compiler>) -> Vec<String> {
    let mut planted = tree.clone();
    for mistake in batch {
        mistake.plant(&mut planted);
    }
    let found = batch.first().and_then(|one| found(one.shown, &planted, compiler));
    let Some(found) = found else { return Vec::new() };
    let missed = batch.iter().filter(|mistake| !found.holds(mistake));
    missed.map(|mistake| format!("{}: {}", mistake.name, found.said())).collect()
}

/// What is found in a tree with mistakes.
enum Found {
    /// By the compiler, which went no further.
    Said(String),
    /// By checks.
    Findings(Vec<Finding>),
}

impl Found {
    fn said(&self) -> &str {
        match self {
            Self::Said(text) => text,
            Self::Findings(_) => "",
        }
    }

    fn holds(&self, mistake: &Mistake) -> bool {
        match (self, mistake.shown) {
            (Self::Said(text), Shown::Language(_)) => text.contains(mistake.check),
            (Self::Said(_), _) | (Self::Findings(_), Shown::Language(_)) => false,
            (Self::Findings(found), _) => found.iter().any(|it| it.check == mistake.check),
        }
    }
}

fn found(shown: Shown, tree: &Tree, compiler: Option<&Compiler>) -> Option<Found> {
    let made = match shown {
        Shown::Source => return Some(Found::Findings(tree.findings())),
        Shown::Language(target) | Shown::Snapshot(target) => {
            Compiled::new(compiler?, tree, &[target], false)
        }
        Shown::Template => Compiled::new(compiler?, tree, &[], true),
    };
    Some(match made {
        Ok(made) => Found::Findings(tree.compiled_findings(&made)),
        Err(said) => Found::Said(said),
    })
}
