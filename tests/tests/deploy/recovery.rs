//! Deployments that fail at any command: each ends with one sentence of advice, and a second run reaches the
//! same state as an uninterrupted one.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{fs, thread};
use tests::deploy::{Sandbox, TO_ACA, TO_AKS};

/// Commands that may fail without ending a deployment: what-if is only shown, an image that the registry does
/// not return is built, and sizes are only shown.
const HARMLESS: [&str; 3] =
    ["az deployment group what-if", "az acr repository show", "docker image inspect"];

/// A small shop: every kind of function that the scripts distinguish, and one more.
const FUNCTIONS: [&str; 3] = ["gateway", "notify-order", "order-saga"];

/// The advice in such sentences.
const CURES: [&str; 8] = [
    "run this again",
    "run az login",
    "see ./makew",
    "install one, or start its daemon",
    "shows why",
    "SHOP_TOKEN must have",
    "cannot log in to",
    "is missing",
];

#[test]
fn on_container_apps_every_failure_is_explained_and_a_second_run_completes() {
    a_second_run_completes("deploy-aca", &TO_ACA);
}

#[test]
fn on_kubernetes_every_failure_is_explained_and_a_second_run_completes() {
    a_second_run_completes("deploy-aks", &TO_AKS);
}

fn a_second_run_completes(task: &str, arguments: &[&str]) {
    let (sandbox, shop) = small_shop();
    let unbroken = sandbox.run_in(&shop, task, arguments, &[]);
    assert_eq!(unbroken.code, Some(0), "{}", unbroken.text);
    let there = sandbox.there();
    let failures = of_each_kind(&unbroken.calls);
    assert!(failures.len() > 20, "{failures:?}");
    let fails = |failure: &(usize, String)| {
        let (number, call) = failure;
        let (sandbox, shop) = small_shop();
        let ended = sandbox.run_in(&shop, task, arguments, &[("FAIL_AT", &number.to_string())]);
        if HARMLESS.iter().any(|harmless| call.starts_with(harmless)) {
            assert_eq!(ended.code, Some(0), "{call}: {}", ended.text);
            return;
        }
        assert!(ended.code.is_some_and(|code| code != 0), "{call}: {}", ended.text);
        let sentence = ended.last_line();
        assert!(sentence.starts_with(task) || sentence.starts_with("images: "), "{}", ended.text);
        assert!(CURES.iter().any(|cure| sentence.contains(cure)), "{call}: {sentence}");
        let again = sandbox.run_in(&shop, task, arguments, &[]);
        assert_eq!(again.code, Some(0), "{call}: {}", again.text);
        assert_eq!(sandbox.there(), there, "{call}");
        assert_eq!(sandbox.left_behind(), 0, "{call}");
    };
    thread::scope(|scope| {
        for part in failures.chunks(failures.len().div_ceil(4)) {
            scope.spawn(move || part.iter().for_each(fails));
        }
    });
}

/// A sandbox, and the scripts of a shop that deploys quickly.
fn small_shop() -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let shop = sandbox.copy_of_the_workspace();
    for table in ["functions.tsv", "aks/identities.tsv"] {
        let file = shop.join("infra").join(table);
        let text = fs::read_to_string(&file).expect("it was copied");
        let named = |line: &&str| FUNCTIONS.iter().any(|name| line.contains(name));
        let kept: Vec<_> = text.lines().filter(named).collect();
        fs::write(file, kept.join("\n") + "\n").expect("there is room");
    }
    (sandbox, shop)
}

/// The first call of each kind, with its number: the words before its first option, and its query.
fn of_each_kind(calls: &[String]) -> Vec<(usize, String)> {
    let mut seen = BTreeSet::new();
    let kind = |call: &str| {
        let words = call.split(' ').take_while(|word| !word.starts_with("--"));
        let plain: Vec<_> = words.filter(|word| !word.contains(['/', ':'])).collect();
        (plain.join(" "), call.split("--query").nth(1).map(str::to_owned))
    };
    let numbered = calls.iter().enumerate().map(|(at, call)| (at + 1, call.clone()));
    numbered.filter(|(_, call)| seen.insert(kind(call))).collect()
}
