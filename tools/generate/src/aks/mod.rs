//! `infra/aks`: the shop for Kubernetes, written from the functions' manifests.
//!
//! What is known at deployment alone stands there as `${NAME}`, for `infra/deploy aks` to fill in.

mod dapr;
mod edge;
mod fill;
mod scaling;
mod trust;
mod workload;

use crate::Generated;
use local::manifest::{Function, Kind};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The folder of the manifests.
pub const FOLDER: &str = "infra/aks";

/// Says so in each file.
const GENERATED: &str = "#\n# Generated from the functions' manifests by `./makew generate`.\n";

/// The namespace of the shop.
const SHOP: &str = "saga-shop";

/// Which share of traces is kept: 0 to 1.
const SAMPLING: &str = "${TRACE_SAMPLING}";

/// The manifests.
///
/// # Panics
/// When a file that they are made of cannot be read.
#[must_use]
pub fn manifests(functions: &[Function]) -> Vec<Generated> {
    let shared = [
        ("shop", "What the functions share: the namespaces, and who may reach whom.", edge::shop()),
        ("dapr", "The settings of all sidecars.", dapr::shared()),
    ];
    let shared = shared.into_iter().map(|(name, head, documents)| manifest(name, head, &documents));
    let identities = Generated::new(format!("{FOLDER}/identities.tsv"), trust::trusted(functions));
    let components = dapr::components(functions);
    let each = functions.iter().map(|function| {
        let name = format!("functions/{}", function.name);
        manifest(&name, &function.description, &of_function(function))
    });
    shared.chain(components).chain(each).chain([identities]).collect()
}

/// All that one function needs.
fn of_function(function: &Function) -> Vec<Value> {
    let mut documents = vec![workload::account(function), workload::deployment(function)];
    documents.extend(scaling::rules(function));
    documents.extend(edge::door(function));
    documents
}

/// How many replicas there are at least; event functions are woken by their scaler.
fn replicas(function: &Function) -> u32 {
    match function.manifest.kind {
        // Nothing wakes what its own reminders call.
        Kind::Event => u32::from(function.manifest.reminds_itself),
        Kind::Http if edge::is_public(function) => 2,
        Kind::Http => 1,
        // One goes on while the other is replaced.
        Kind::Workflow | Kind::Actor => 2,
    }
}

/// The variable that stands for something of `name`.
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

/// The labels that choose the pods of a function.
fn pods(function: &Function) -> Value {
    json!({"app.kubernetes.io/name": function.name})
}

/// The file `name` below [`FOLDER`], which says first what it is.
fn manifest(name: &str, head: &str, documents: &[Value]) -> Generated {
    let mut text = format!("# {head}\n{GENERATED}");
    for document in documents {
        let yaml = serde_norway::to_string(document).expect("JSON is YAML");
        write!(text, "---\n{}", fill::quoted(&yaml)).expect("text takes more");
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
