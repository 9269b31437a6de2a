//! Documents and scripts are correct: the commands that they contain exist, and pinned versions are excluded from
//! updates.

use generate::workspace::{files, read, root};
use serde_json::Value;
use std::collections::BTreeSet;
use tests::checks::tidy::documents;

#[test]
fn every_task_that_is_named_exists() {
    let makefile: toml::Table = toml::from_str(&read("Makefile.toml")).unwrap();
    let tasks: BTreeSet<_> = makefile["tasks"].as_table().unwrap().keys().cloned().collect();
    let mut named = BTreeSet::new();
    for path in texts() {
        for task in tasks_named_in(&read(&path)) {
            assert!(tasks.contains(&task), "{path} names ./makew {task}, which is not a task");
            named.insert(task);
        }
    }
    assert!(named.len() > 10, "{named:?}");
}

#[test]
fn every_script_that_workflows_and_hooks_run_exists() {
    let runs = files(".github").into_iter().chain(["azure.yaml".to_owned()]);
    let mut found = BTreeSet::new();
    for path in runs {
        let text = read(&path);
        for word in text.split_whitespace() {
            let is_script = word.starts_with(".ci/") || word == "infra/images";
            if is_script || ["infra/deploy", "infra/destroy"].contains(&word) {
                assert!(root().join(word).is_file(), "{path} runs {word}, which does not exist");
                found.insert(word.to_owned());
            }
        }
    }
    let expected = [".ci/release", ".ci/run", "infra/deploy", "infra/destroy", "infra/images"];
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn exactly_pinned_dependencies_are_excluded_from_updates() {
    let renovate: Value = serde_json::from_str(&read("renovate.json")).unwrap();
    let rules = renovate["packageRules"].as_array().unwrap().iter();
    let excluded: BTreeSet<_> = rules
        .filter(|rule| rule["enabled"] == false)
        .flat_map(|rule| rule["matchPackageNames"].as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    let manifest: toml::Table = toml::from_str(&read("Cargo.toml")).unwrap();
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    let exact: Vec<_> = dependencies
        .iter()
        .filter(|(_, it)| {
            it.as_str()
                .or(it.get("version").and_then(toml::Value::as_str))
                .is_some_and(|version| version.starts_with('='))
        })
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(!exact.is_empty());
    assert!(exact.iter().all(|name| excluded.contains(name)), "{exact:?} {excluded:?}");
}

/// The files that may contain commands.
fn texts() -> Vec<String> {
    let more = ["azure.yaml", ".devcontainer/devcontainer.json", "dapr.yaml", "Dockerfile"];
    let workflows = files(".github").into_iter();
    let scripts = files("infra").into_iter();
    documents().into_iter().chain(more.map(str::to_owned)).chain(workflows).chain(scripts).collect()
}

/// The words after `./makew`, except options and placeholders.
fn tasks_named_in(text: &str) -> Vec<String> {
    let is_task = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_lowercase());
    let word = |rest: &str| {
        let rest = rest.strip_prefix(' ')?;
        let end = rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-'));
        Some(rest[..end.unwrap_or(rest.len())].to_owned())
    };
    let words = text.split("./makew").skip(1).filter_map(word);
    words.filter(|word| is_task(&word.as_str())).collect()
}
