//! The queries, checked by Microsoft's Kusto language service.

use super::snapshot::{Snapshot, list, text};
use crate::checks::program::node_tool;
use serde_json::{Value, json};
use std::collections::BTreeMap;

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
    node_tool("tests/kusto", "check.js", &json!(queries))
}
