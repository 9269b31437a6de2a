//! The variables that the deployments read are those that their usage lists.

use generate::workspace::{files, read};
use std::collections::BTreeSet;
use tests::deploy::{BOTH, Sandbox};

/// Set by the scripts themselves.
const OWN: [&str; 3] = ["FUNCTION_HOST", "IMAGES", "PAYMENT_KEY_EXPIRES"];

#[test]
fn every_variable_that_a_deployment_reads_is_in_its_usage() {
    let read = parameters();
    assert!(read.len() > 15, "{read:?}");
    for (task, _) in BOTH {
        let usage = usage(task);
        let named = variables(&usage);
        let unnamed: Vec<_> = read.iter().filter(|name| !named.contains(name.as_str())).collect();
        assert!(unnamed.is_empty(), "{task} --help does not name {unnamed:?}");
    }
}

#[test]
fn every_variable_of_a_usage_is_read() {
    let scripts: String = files("infra")
        .iter()
        .filter(|path| ["json", "md"].iter().all(|kind| !path.ends_with(&format!(".{kind}"))))
        .map(|path| read(path))
        .collect();
    for task in ["deploy-aca", "deploy-aks", "deploy-kubernetes"] {
        for name in variables(&usage(task)) {
            let read = [format!("${name}"), format!("${{{name}"), format!("'{name}'")];
            let is_read = read.iter().any(|form| scripts.contains(form.as_str()));
            assert!(is_read, "{task} --help names {name}, which nothing reads");
        }
    }
}

#[test]
fn the_guide_names_the_variables_that_parameters_read() {
    let guide = read("infra/README.md");
    let named = variables(&guide);
    let unnamed: Vec<_> =
        parameters().into_iter().filter(|name| !named.contains(name.as_str())).collect();
    assert!(unnamed.is_empty(), "infra/README.md does not name {unnamed:?}");
}

/// The variables that the parameter files read.
fn parameters() -> BTreeSet<String> {
    let files = files("infra").into_iter().filter(|path| path.ends_with(".bicepparam"));
    let texts = files.map(|path| read(&path)).collect::<String>();
    let reads = texts.split("readEnvironmentVariable('").skip(1);
    let names = reads.filter_map(|rest| rest.split('\'').next());
    names.filter(|name| !OWN.contains(name)).map(str::to_owned).collect()
}

fn usage(task: &str) -> String {
    let ended = Sandbox::new().run(task, &["--help"], &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    ended.text
}

/// The words in the form of variables: capitals, joined by underscores.
fn variables(text: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    let other = ["BUILDER", "INTERNAL"];
    words.filter(|word| word.trim_matches('_').contains('_') || other.contains(word)).collect()
}
