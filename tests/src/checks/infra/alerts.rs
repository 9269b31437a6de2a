//! Alerts and queries: that they look at resources that exist, and notify a person.

use super::Tree;
use super::kusto::queries_of;
use super::snapshot::{Snapshot, list, text};
use super::target::Target;
use super::text::{between, plain};
use serde_json::Value;
use std::collections::BTreeSet;

const LOG: &str = "Microsoft.Insights/scheduledQueryRules";
const METRIC: &str = "Microsoft.Insights/metricAlerts";

/// What the platform logs, and what things are called there.
const OF_PLATFORM: [&str; 4] = ["saga-shop", "function", "BackOff", "Unhealthy"];

/// Queries that look for log lines that no function writes.
pub(super) fn unknown_words(tree: &Tree) -> Vec<String> {
    let source: String = tree.files("shared/src/", ".rs").map(|(_, text)| text).collect();
    let functions: Vec<_> = tree.functions.iter().map(|function| function.name.as_str()).collect();
    let mut faults = Vec::new();
    for (path, query) in tree.files("infra/queries/", ".kql") {
        let query = plain(query);
        let words =
            between(&query, "in (\"", ")").into_iter().flat_map(|list| list.split("\", \""));
        let words = words.chain(between(&query, "== \"", "\"")).map(|word| word.trim_matches('"'));
        let unknown = words.filter(|word| {
            // `Line["order.id"]` and what the engine calls its spans are not among them.
            let logged = source.contains(&format!("\"{word}\""));
            !logged && !functions.contains(word) && !OF_PLATFORM.contains(word)
        });
        // What a line ends with, the end of what is logged.
        let ends = between(&query, "endswith \"", "\"").into_iter();
        let unended = ends.filter(|end| !source.contains(&format!("{end}\"")));
        let unknown = unknown.chain(unended);
        faults.extend(unknown.map(|word| format!("{path}: no function logs `{word}`")));
    }
    faults
}

/// Queries that nothing uses: each is an alert's, or shown.
pub(super) fn idle_queries(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let used: Vec<_> = snapshot.resources().flat_map(queries_of).collect();
    let foreign = if snapshot.target == Target::Aks { "-aca.kql" } else { "-aks.kql" };
    let idle = tree.files("infra/queries/", ".kql").filter(|(path, query)| {
        let query = plain(query);
        !path.ends_with(foreign) && !used.iter().any(|used| plain(used).contains(&query))
    });
    idle.map(|(path, _)| format!("nothing asks {path}")).collect()
}

/// Alerts on resources that do not exist, and those that notify no one although there is an action group.
pub(super) fn blind_alerts(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let there: BTreeSet<_> = snapshot.resources().map(|it| text(it, "/id")).collect();
    let has_group = snapshot.of("Microsoft.Insights/actionGroups").count() > 0;
    let mut faults = Vec::new();
    for alert in [LOG, METRIC].iter().flat_map(|kind| snapshot.of(kind)) {
        let name = text(alert, "/name");
        let scopes = list(alert, "/properties/scopes").filter_map(Value::as_str);
        let unknown = scopes.filter(|scope| !there.contains(scope));
        faults.extend(unknown.map(|scope| format!("{name} looks at {scope}")));
        let actions = &alert["properties"]["actions"];
        let actions = actions.get("actionGroups").unwrap_or(actions);
        let idle = actions.as_array().is_none_or(Vec::is_empty);
        faults.extend((has_group && idle).then(|| format!("{name} notifies no one")));
    }
    faults
}
