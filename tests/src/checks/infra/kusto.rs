//! The queries, checked by Microsoft's Kusto language service.

use super::snapshot::{Snapshot, list, text};
use crate::checks::program::not_checked;
use generate::workspace::root;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// The exit code of `makew` when a program is not available.
const UNAVAILABLE: i32 = 69;

/// The queries of a deployment, by the deployment and the resource that uses each.
#[must_use]
pub fn queries(snapshot: &Snapshot) -> BTreeMap<String, String> {
    let target = snapshot.target.name();
    let of = |resource| {
        queries_of(resource)
            .into_iter()
            .enumerate()
            .map(move |(at, query)| (format!("{target} {} {at}", text(resource, "/name")), query))
    };
    snapshot.resources().flat_map(of).collect()
}

/// The queries of an alert, a saved search or a workbook.
pub(super) fn queries_of(resource: &Value) -> Vec<String> {
    let alert = list(resource, "/properties/criteria/allOf").map(|it| text(it, "/query"));
    let search = text(resource, "/properties/query");
    let workbook: Value =
        serde_json::from_str(text(resource, "/properties/serializedData")).unwrap_or_default();
    let charts = list(&workbook, "/items").map(|item| text(item, "/content/query"));
    let all = alert.chain([search]).chain(charts);
    all.filter(|query| !query.is_empty()).map(str::to_owned).collect()
}

/// The language service's findings in these queries, a line each; None where it is not available.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn findings(queries: &BTreeMap<String, String>) -> Option<String> {
    // One at a time: the first call installs it.
    static INSTALLED: Mutex<()> = Mutex::new(());
    let _guard = INSTALLED.lock();
    let mut command = Command::new(root().join("makew"));
    command.args(["--node-tool", "tests/kusto", "check.js"]).current_dir(root());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("makew runs");
    let mut input = child.stdin.take().expect("it is piped");
    // The program does not read it where the service is not available.
    let _ = input.write_all(serde_json::json!(queries).to_string().as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    if output.status.code() == Some(UNAVAILABLE) {
        not_checked(
            "the queries: Microsoft's language service is not available, because node or npm is missing",
        );
        return None;
    }
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), found.is_empty(), "check.js: {found}");
    Some(found)
}
