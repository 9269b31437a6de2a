//! `infra/aks`: the Kubernetes manifests, generated from the functions' manifests.
//!
//! What is known only at deployment is a placeholder `${NAME}`, which `infra/deploy aks` replaces.

mod access;
mod dapr;
mod edge;
mod fill;
mod scaling;
mod trust;
mod workload;

use crate::Generated;
use crate::calls::{Call, calls};
use local::manifest::{Function, Kind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The folder of the manifests.
pub const FOLDER: &str = "infra/aks";

/// The second line of each file.
const GENERATED: &str = "#\n# Generated from the functions' manifests by `./makew generate`.\n";

/// The namespace of the shop.
const SHOP: &str = "saga-shop";

/// The sampling rate of traces: 0 to 1.
const SAMPLING: &str = "${TRACE_SAMPLING}";

/// The manifests.
///
/// # Panics
/// When a file that they are made of cannot be read.
#[must_use]
pub fn manifests(functions: &[Function]) -> Vec<Generated> {
    let shared = [
        ("shop", "The namespaces, closed but for the collection of metrics.", edge::shop()),
        ("dapr", "The retries of all sidecars.", dapr::shared()),
    ];
    let shared = shared.into_iter().map(|(name, head, documents)| manifest(name, head, &documents));
    let identities = Generated::new(format!("{FOLDER}/identities.tsv"), trust::trusted(functions));
    let components = dapr::components(functions);
    let calls = calls(functions);
    let each = functions.iter().map(|function| {
        let name = format!("functions/{}", function.name);
        manifest(&name, &function.description, &of_function(function, functions, &calls))
    });
    shared.chain(components).chain(each).chain([identities]).collect()
}

/// The resources of one of `functions`, which make `calls` of one another.
fn of_function(function: &Function, functions: &[Function], calls: &BTreeSet<Call>) -> Vec<Value> {
    let configuration = dapr::configuration(function, &access::control(function, calls));
    let mut documents = vec![workload::account(function), configuration];
    documents.extend(access::workflows(function));
    documents.extend(access::network(function, functions));
    documents.push(workload::deployment(function));
    documents.extend(scaling::rules(function, &function.topics(functions)));
    documents.extend(edge::ingress(function));
    documents
}

/// The minimum number of replicas. Event functions are scaled up from 0.
fn replicas(function: &Function) -> u32 {
    match function.manifest.kind {
        // The scaler does not see reminders.
        Kind::Event => u32::from(function.manifest.reminds_itself),
        Kind::Http if edge::is_public(function) => 2,
        Kind::Http => 1,
        // One serves while the other is replaced.
        Kind::Workflow | Kind::Actor => 2,
    }
}

/// The placeholder for `what` of the function `name`.
fn variable(what: &str, name: &str) -> String {
    format!("${{{what}_{}}}", name.to_ascii_uppercase().replace('-', "_"))
}

/// The metadata of a resource of the shop.
fn metadata(name: &str) -> Value {
    metadata_in(SHOP, name)
}

fn metadata_in(namespace: &str, name: &str) -> Value {
    json!({"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/part-of": SHOP}})
}

/// The labels that select the pods of a function.
fn pods(function: &Function) -> Value {
    json!({"app.kubernetes.io/name": function.name})
}

/// The file `name` in [`FOLDER`], which begins with a comment.
fn manifest(name: &str, head: &str, documents: &[Value]) -> Generated {
    let mut text = format!("# {head}\n{GENERATED}");
    for document in documents {
        let yaml = serde_norway::to_string(document).expect("JSON is YAML");
        write!(text, "---\n{}", fill::quoted(&yaml)).expect("writing to a string cannot fail");
    }
    Generated::new(format!("{FOLDER}/{name}.yaml"), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_as_shells_name_them() {
        assert_eq!(variable("IMAGE", "check-stock"), "${IMAGE_CHECK_STOCK}");
    }
}
