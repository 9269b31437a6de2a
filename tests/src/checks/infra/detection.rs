//! Mutation testing of the checks. Mutations that different checks detect are applied together.

use super::compiler::{Compiled, Compiler};
use super::mutations::{DetectedIn, MUTATIONS, Mutation};
use super::{Finding, Tree};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Mutations that are detected in the same way, each by a different check.
type Batch = Vec<&'static Mutation>;

/// The mutations of `tree` that are not detected. Without a compiler, those that need it are skipped.
///
/// # Panics
/// When a mutation cannot be applied.
#[must_use]
pub fn undetected(tree: &Tree, compiler: Option<&Compiler>) -> Vec<String> {
    let batches = batches();
    let next = AtomicUsize::new(0);
    let search = || -> Vec<String> {
        let taken = || batches.get(next.fetch_add(1, Ordering::Relaxed));
        std::iter::from_fn(taken).flat_map(|batch| undetected_in(batch, tree, compiler)).collect()
    };
    // One compiler per thread, and one thread per processor.
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(search)).collect();
        let found = workers.into_iter().map(|it| it.join().expect("no worker panics"));
        found.flatten().collect()
    })
}

fn batches() -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for mutation in MUTATIONS {
        let fits = |batch: &&mut Batch| {
            let alone = |it: &&Mutation| {
                it.detected_in == mutation.detected_in && it.check != mutation.check
            };
            mutation.detected_in != DetectedIn::Source && batch.iter().all(alone)
        };
        match batches.iter_mut().find(fits) {
            Some(batch) => batch.push(mutation),
            None => batches.push(vec![mutation]),
        }
    }
    batches
}

/// The names of those that are not detected, with the compiler's unexpected diagnostics.
fn undetected_in(
    batch: &[&'static Mutation],
    tree: &Tree,
    compiler: Option<&Compiler>,
) -> Vec<String> {
    let mut mutated = tree.clone();
    for mutation in batch {
        mutation.apply(&mut mutated);
    }
    let found = batch.first().and_then(|one| found(one.detected_in, &mutated, compiler));
    let Some(found) = found else { return Vec::new() };
    let missed = batch.iter().filter(|mutation| !found.detects(mutation));
    missed.map(|mutation| format!("{}: {}", mutation.name, found.diagnostics())).collect()
}

/// What is found in a tree with mutations.
enum Found {
    /// By the compiler, which then stopped.
    Diagnostics(String),
    /// By checks.
    Findings(Vec<Finding>),
}

impl Found {
    fn diagnostics(&self) -> &str {
        match self {
            Self::Diagnostics(text) => text,
            Self::Findings(_) => "",
        }
    }

    fn detects(&self, mutation: &Mutation) -> bool {
        match (self, mutation.detected_in) {
            (Self::Diagnostics(text), DetectedIn::Language(_)) => text.contains(mutation.check),
            (Self::Diagnostics(_), _) | (Self::Findings(_), DetectedIn::Language(_)) => false,
            (Self::Findings(found), _) => found.iter().any(|it| it.check == mutation.check),
        }
    }
}

fn found(detected_in: DetectedIn, tree: &Tree, compiler: Option<&Compiler>) -> Option<Found> {
    let outcome = match detected_in {
        DetectedIn::Source => return Some(Found::Findings(tree.findings())),
        DetectedIn::Language(target) | DetectedIn::Snapshot(target) => {
            Compiled::new(compiler?, tree, &[target], false)
        }
        DetectedIn::Template => Compiled::new(compiler?, tree, &[], true),
    };
    Some(match outcome {
        Ok(expanded) => Found::Findings(tree.compiled_findings(&expanded)),
        Err(text) => Found::Diagnostics(text),
    })
}
