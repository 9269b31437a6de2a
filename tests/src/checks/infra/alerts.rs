//! Alerts and queries: they refer to resources and log lines that exist, and notify someone.

use super::Tree;
use super::kusto::queries_of;
use super::snapshot::{Snapshot, list, text};
use super::target::Target;
use super::text::{between, plain};
use serde_json::Value;
use std::collections::BTreeSet;

const LOG: &str = "Microsoft.Insights/scheduledQueryRules";
const METRIC: &str = "Microsoft.Insights/metricAlerts";

/// Words that the platform logs, and names of resources.
const OF_PLATFORM: [&str; 4] = ["saga-shop", "function", "BackOff", "Unhealthy"];

/// Queries for log lines that no function writes.
pub(super) fn unlogged_words(tree: &Tree) -> Vec<String> {
    let source: String = tree.files("shared/src/", ".rs").map(|(_, text)| text).collect();
    let functions: Vec<_> = tree.functions.iter().map(|function| function.name.as_str()).collect();
    let mut faults = Vec::new();
    for (path, query) in tree.files("infra/queries/", ".kql") {
        let query = plain(query);
        let words =
            between(&query, "in (\"", ")").into_iter().flat_map(|list| list.split("\", \""));
        let words = words.chain(between(&query, "== \"", "\"")).map(|word| word.trim_matches('"'));
        let unknown = words.filter(|word| {
            // `Line["order.id"]` and the engine's span names are not among them.
            let logged = source.contains(&format!("\"{word}\""));
            !logged && !functions.contains(word) && !OF_PLATFORM.contains(word)
        });
        // The end of a line must be the end of a logged string.
        let ends = between(&query, "endswith \"", "\"").into_iter();
        let unlogged = ends.filter(|end| !source.contains(&format!("{end}\"")));
        let unknown = unknown.chain(unlogged);
        faults.extend(unknown.map(|word| format!("{path}: no function logs `{word}`")));
    }
    faults
}

/// Queries that neither an alert nor a workbook uses.
pub(super) fn unused_queries(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let used: Vec<_> = snapshot.resources().flat_map(queries_of).collect();
    let foreign = if snapshot.target == Target::Aks { "-aca.kql" } else { "-aks.kql" };
    let unused = tree.files("infra/queries/", ".kql").filter(|(path, query)| {
        let query = plain(query);
        !path.ends_with(foreign) && !used.iter().any(|used| plain(used).contains(&query))
    });
    unused.map(|(path, _)| format!("nothing uses {path}")).collect()
}

/// Alerts on resources that do not exist, and those that notify no one although there is an action
/// group.
pub(super) fn ineffective_alerts(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let there: BTreeSet<_> = snapshot.resources().map(|it| text(it, "/id")).collect();
    let has_group = snapshot.of("Microsoft.Insights/actionGroups").count() > 0;
    let mut faults = Vec::new();
    for alert in [LOG, METRIC].iter().flat_map(|kind| snapshot.of(kind)) {
        let name = text(alert, "/name");
        let scopes = list(alert, "/properties/scopes").filter_map(Value::as_str);
        let unknown = scopes.filter(|scope| !there.contains(scope));
        faults.extend(unknown.map(|scope| format!("{name} refers to {scope}")));
        let actions = &alert["properties"]["actions"];
        let actions = actions.get("actionGroups").unwrap_or(actions);
        let idle = actions.as_array().is_none_or(Vec::is_empty);
        faults.extend((has_group && idle).then(|| format!("{name} notifies no one")));
    }
    faults
}
