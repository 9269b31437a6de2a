//! Clients of the last release keep working with the public API, or the CHANGELOG says what they must do.
//!
//! `tests/openapi/released.json` is the document of the last release: a release copies `docs/openapi.json` there.

use generate::openapi::DOCUMENT;
use generate::workspace::{read, root};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use tests::checks::program::{UNAVAILABLE, not_checked};

const RELEASED: &str = "tests/openapi/released.json";

/// The severities that differ from the comparer's defaults: removing an optional member of an answer breaks clients,
/// and adding a value to an enumeration does not.
const SEVERITY: &str = "tests/openapi/severity.txt";

/// The changes from `before` to `after` that break clients: the operation and a description. None, if the comparer
/// is not available.
fn breaking(before: &Path, after: &Path) -> Option<Vec<(String, String)>> {
    let tool = ["--go-tool", "github.com/oasdiff/oasdiff", "1.37.0", "breaking"];
    let options = ["--format", "json", "--severity-levels", SEVERITY];
    let mut command = Command::new(root().join("makew"));
    let output =
        command.args(tool).args(options).args([before, after]).current_dir(root()).output();
    let output = output.expect("makew runs");
    if output.status.code() == Some(UNAVAILABLE) {
        not_checked("the public API against its last release: oasdiff is not available");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("it writes JSON");
    let of = |it: &Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    let operation = |it: &Value| format!("{} {}", of(it, "operation"), of(it, "path"));
    Some(found.iter().map(|it| (operation(it), of(it, "text"))).collect())
}

/// The section of the CHANGELOG on the next release.
fn unreleased() -> String {
    let changelog = read("CHANGELOG.md");
    let section = changelog.split("\n## ").find(|section| section.starts_with("[Unreleased]"));
    section.expect("there is a section").to_owned()
}

#[test]
fn the_changelog_names_every_change_that_breaks_clients() {
    let Some(found) = breaking(&root().join(RELEASED), &root().join(DOCUMENT)) else { return };
    let changelog = unreleased();
    let unnamed: Vec<_> =
        found.iter().filter(|(operation, _)| !changelog.contains(operation)).collect();
    assert!(unnamed.is_empty(), "name these operations under [Unreleased]: {unnamed:#?}");
}

#[test]
fn a_change_that_breaks_clients_is_found() {
    let mut document: Value = serde_json::from_str(&read(DOCUMENT)).unwrap();
    let schemas = &mut document["components"]["schemas"];
    let order = schemas["Order"]["properties"].as_object_mut().unwrap();
    order.remove("total").unwrap();
    schemas["NewOffer"]["properties"]["colour"] = json!({"type": "string"});
    schemas["NewOffer"]["required"].as_array_mut().unwrap().push("colour".into());
    schemas["Payment"]["properties"]["status"]["enum"].as_array_mut().unwrap().push("new".into());
    let paths = document["paths"].as_object_mut().unwrap();
    paths.remove("/api/orders/{order_id}/resume").unwrap();
    let changed = tempfile::NamedTempFile::new().unwrap();
    fs::write(changed.path(), document.to_string()).unwrap();
    let Some(found) = breaking(&root().join(DOCUMENT), changed.path()) else { return };
    let concerns = |start: &str| found.iter().any(|(operation, _)| operation.starts_with(start));
    for operation in [
        "GET /api/orders/{order_id}",
        "POST /api/orders",
        "POST /api/orders/{order_id}/resume",
        "PUT /api/inventory/{product_id}",
    ] {
        assert!(concerns(operation), "{operation}: {found:?}");
    }
    assert!(!concerns("GET /api/payments"), "{found:?}");
}
