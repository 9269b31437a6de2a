//! What runs on Azure is what runs here: functions, components and Bicep fit together.

use generate::azure::{COMPONENTS_JSON, FOLDER, FUNCTIONS_JSON};
use generate::workspace::{read, root};
use local::manifest;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::{env, fs, process};
use tests::checks::current::assert_current;
use tests::checks::infra::apps::ROTATION_SETTINGS;
use tests::checks::infra::checker::{Checker, checkers};
use tests::checks::infra::components::generated;
use tests::checks::infra::mistakes::{BICEP, MISTAKES, Mistake};
use tests::checks::infra::{Finding, Tree};

#[test]
fn the_components_on_azure_are_current() {
    for file in generated(&Tree::read()) {
        assert_current(&file);
    }
}

#[test]
fn bicep_files_components_and_functions_fit_together() {
    let findings = current().findings();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn bicep_finds_nothing_wrong() {
    let folder = Folder::new("right");
    current().write(folder.path()).unwrap();
    for checker in announced_checkers() {
        assert_eq!(checker.findings(&folder.path().join("infra")), "");
    }
}

#[test]
fn every_planted_mistake_is_found_by_its_check() {
    let tree = current();
    let planted = MISTAKES.iter().filter(|mistake| mistake.check != BICEP);
    let unfound: Vec<_> = planted.filter(|mistake| !is_found(mistake, &tree)).collect();
    assert!(unfound.is_empty(), "{unfound:#?}");
}

fn is_found(mistake: &Mistake, tree: &Tree) -> bool {
    mistake.planted(tree).findings().iter().any(|finding| finding.check == mistake.check)
}

#[test]
fn every_planted_mistake_in_the_bicep_language_is_found_by_bicep() {
    let tree = current();
    for checker in announced_checkers() {
        for mistake in MISTAKES.iter().filter(|mistake| mistake.check == BICEP) {
            let folder = Folder::new("mistake");
            mistake.planted(&tree).write(folder.path()).unwrap();
            let findings = checker.findings(&folder.path().join("infra"));
            assert!(!findings.is_empty(), "{}", mistake.name);
        }
    }
}

#[test]
fn a_new_function_is_deployed_without_another_edit() {
    let folder = Folder::new("function");
    let manifest = r#"kind = "event"
service = "notification"
port = 8099
topic = "payments"
uses = ["orders", "pubsub"]
"#;
    let mut tree = with_function(&folder, "notify-accounting", manifest);
    let stale: Vec<_> = tree.findings().into_iter().map(|finding| finding.check).collect();
    assert!(stale.contains(&"functions.json is current"), "{stale:?}");

    tree.generate();
    tree.write(folder.path()).unwrap();
    assert_eq!(tree.findings(), Vec::<Finding>::new());
    assert!(tree.text(FUNCTIONS_JSON).contains(r#""name": "notify-accounting""#));
    for component in ["orders", "pubsub"] {
        let yaml = tree.text(&format!("{FOLDER}/{component}.yaml"));
        assert!(yaml.contains("\n  - notify-accounting\n"), "{yaml}");
    }
    assert_eq!(tree.text(COMPONENTS_JSON).matches(r#""notify-accounting""#).count(), 2);
    for checker in announced_checkers() {
        assert_eq!(checker.findings(&folder.path().join("infra")), "");
    }
}

#[test]
fn a_function_that_manages_secrets_is_deployed_without_another_edit() {
    let folder = Folder::new("manager");
    let manifest = r#"kind = "event"
service = "payment"
port = 8098
topic = "vault-news"
uses = ["pubsub"]
manages = ["secrets"]
"#;
    let mut tree = with_function(&folder, "replace-payment-key", manifest);
    tree.generate();
    let settings = tree.text(ROTATION_SETTINGS).to_owned();
    tree.put(ROTATION_SETTINGS, settings.replace("AZURE_CLIENT_ID", "NONE"));
    let unread: Vec<_> = tree.findings().into_iter().map(|finding| finding.what).collect();
    assert!(unread.contains(&"no function reads AZURE_CLIENT_ID".to_owned()), "{unread:?}");

    tree.put(ROTATION_SETTINGS, settings);
    tree.write(folder.path()).unwrap();
    assert_eq!(tree.findings(), Vec::<Finding>::new());
    // By these the modules loop: its topic and subscription, its role, its settings, its event.
    let json: serde_json::Value = serde_json::from_str(tree.text(FUNCTIONS_JSON)).unwrap();
    let functions = json.as_array().unwrap();
    let manager = functions.iter().find(|it| it["name"] == "replace-payment-key").unwrap();
    assert_eq!((&manager["kind"], &manager["topic"]), (&"event".into(), &"vault-news".into()));
    assert_eq!(manager["manages"], serde_json::json!(["secrets"]));
    assert!(!tree.text(&format!("{FOLDER}/secrets.yaml")).contains("replace-payment-key"));
    for checker in announced_checkers() {
        assert_eq!(checker.findings(&folder.path().join("infra")), "");
    }
}

#[test]
fn a_function_whose_name_azure_refuses_is_found() {
    let mut tree = current();
    tree.functions[0].name = "a-name-longer-than-container-apps-take".to_owned();
    tree.generate();
    let found = tree.findings();
    assert!(found.iter().any(|finding| finding.check == "names fit Azure's limits"), "{found:?}");
}

/// The workspace's files, with what is generated brought up to date: whether it is, one test asks.
fn current() -> Tree {
    let mut tree = Tree::read();
    tree.generate();
    tree
}

/// The checkers of Bicep that are there; says so, when there is none.
fn announced_checkers() -> Vec<Checker> {
    let checkers = checkers(&root());
    if checkers.is_empty() {
        // Past what the runner holds back of tests that pass.
        let told = writeln!(io::stderr(), "NOT CHECKED: no `bicep` on PATH and no BICEP_CHECK");
        told.expect("somebody listens");
    }
    checkers
}

/// The workspace's files, with what is generated not yet brought up to date with one more function.
fn with_function(folder: &Folder, name: &str, manifest: &str) -> Tree {
    let mut tree = current();
    copy_manifests(folder.path());
    add_function(folder.path(), name, manifest);
    tree.functions = manifest::functions(folder.path()).expect("every folder holds a manifest");
    tree
}

fn copy_manifests(folder: &Path) {
    for function in Tree::read().functions {
        let path = format!("functions/{}/Cargo.toml", function.name);
        write(&folder.join(&path), &read(&path));
    }
}

fn add_function(folder: &Path, name: &str, manifest: &str) {
    let package = format!("[package]\nname = \"{name}\"\ndescription = \"Books payments.\"\n");
    let toml = format!("{package}\n[package.metadata.function]\n{manifest}");
    write(&folder.join("functions").join(name).join("Cargo.toml"), &toml);
}

fn write(file: &Path, text: &str) {
    let folder = file.parent().expect("it lies in a folder");
    fs::create_dir_all(folder).expect("temporary folders can be made");
    fs::write(file, text).expect("temporary files can be written");
}

/// A folder that goes when its test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> Self {
        Self(env::temp_dir().join(format!("infra-{what}-{}", process::id())))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
