//! `infra/aks`: the shop for Kubernetes, written from the functions' manifests.
//!
//! What is known at deployment alone stands there as `${NAME}`, for `infra/deploy-aks` to fill in.

mod dapr;
mod edge;
mod scaling;
mod trust;
mod workload;

use local::manifest::{Function, Kind};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The folder of the manifests.
pub const FOLDER: &str = "infra/aks";

/// Says so in each file.
const GENERATED: &str = "#\n# Generated from the functions' manifests by `./makew generate`.\n";

/// The namespace of the shop.
const SHOP: &str = "saga-shop";

/// The manifests, each as its path and its text.
///
/// # Panics
/// When a file that they are made of cannot be read.
#[must_use]
pub fn manifests(functions: &[Function]) -> Vec<(String, String)> {
    let shared = [
        (
            "shop",
            "What the functions share: their namespace, and who may reach whom.",
            edge::shop(),
        ),
        ("dapr", "What all sidecars are told.", dapr::shared()),
    ];
    let shared = shared
        .into_iter()
        .map(|(name, head, documents)| (format!("{FOLDER}/{name}.yaml"), text(head, &documents)));
    let components = dapr::components(functions);
    let identities = (format!("{FOLDER}/identities.tsv"), trust::trusted(functions, &components));
    let components = components.into_iter().map(|(name, component)| {
        let path = format!("{FOLDER}/components/{name}.yaml");
        (path, text(&format!("The component {name}, on Azure."), &[component]))
    });
    let each = functions.iter().map(|function| {
        let path = format!("{FOLDER}/functions/{}.yaml", function.name);
        (path, text(&function.description, &of_function(function)))
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
        Kind::Event => 0,
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
    json!({"name": name, "namespace": SHOP, "labels": {"app.kubernetes.io/part-of": SHOP}})
}

/// The labels that choose the pods of a function.
fn pods(function: &Function) -> Value {
    json!({"app.kubernetes.io/name": function.name})
}

fn text(head: &str, documents: &[Value]) -> String {
    let mut text = format!("# {head}\n{GENERATED}");
    for document in documents {
        let yaml = serde_norway::to_string(document).expect("JSON is YAML");
        write!(text, "---\n{yaml}").expect("text takes more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_as_shells_name_them() {
        assert_eq!(variable("IMAGE", "check-stock"), "${IMAGE_CHECK_STOCK}");
    }
}
