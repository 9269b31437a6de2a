//! Dapr's metadata of component types, and whether the components conform to it.

use super::Tree;
use super::components::{components, settings};
use super::snapshot::{Snapshot, list, text};
use generate::azure::FOLDER;
use generate::components::{Component, PUBLISHING};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Published by Dapr; the file names its source.
const PUBLISHED: &str = include_str!("component-metadata.json");

/// Keys that Dapr itself reads, in any component of a kind.
const OF_DAPR: [(&str, &str); 4] = [
    ("state.", "keyPrefix"),
    ("state.", "actorStateStore"),
    ("bindings.", "direction"),
    ("pubsub.", PUBLISHING),
];

/// The part of a component type that connects to Azure.
const AZURE: &str = ".azure.";

#[derive(Deserialize)]
struct Published {
    components: BTreeMap<String, Type>,
}

/// A component type.
#[derive(Deserialize)]
struct Type {
    version: String,
    keys: BTreeMap<String, Key>,
}

#[derive(Deserialize)]
struct Key {
    r#type: String,
    required: bool,
    sensitive: bool,
}

fn published() -> BTreeMap<String, Type> {
    let published: Published = serde_json::from_str(PUBLISHED).expect("the extract is JSON");
    published.components
}

fn type_of(component: &Component) -> &str {
    component.yaml["spec"]["type"].as_str().unwrap_or_default()
}

fn is_placeholder(value: &str) -> bool {
    value.starts_with("${") && value.ends_with('}')
}

/// Unknown types, versions and keys, values of the wrong kind, and required keys that are missing.
pub(super) fn unknown_keys(tree: &Tree) -> Vec<String> {
    let published = published();
    let check = |component: Component| {
        let Some(known) = published.get(type_of(&component)) else {
            return vec![format!("{}: {} is unknown", component.path, type_of(&component))];
        };
        faults(&component, known)
    };
    components(tree, FOLDER).into_iter().flat_map(check).collect()
}

fn faults(component: &Component, known: &Type) -> Vec<String> {
    let mut faults = Vec::new();
    if component.yaml["spec"]["version"] != known.version.as_str() {
        faults.push(format!("its version is {}", known.version));
    }
    for (name, value, _) in settings(component) {
        let of_dapr =
            OF_DAPR.iter().any(|(kind, key)| *key == name && type_of(component).starts_with(kind));
        match known.keys.get(name) {
            Some(key) if fits(value, &key.r#type) => {}
            Some(key) => faults.push(format!("{name} must be a {}", key.r#type)),
            None if of_dapr => {}
            None => faults.push(format!("{name} is unknown")),
        }
    }
    let has = |wanted: &str| settings(component).any(|(name, _, _)| name == wanted);
    let missing = known.keys.iter().filter(|(name, key)| key.required && !has(name));
    faults.extend(missing.map(|(name, _)| format!("{name} is missing")));
    faults.into_iter().map(|fault| format!("{}: {fault}", component.path)).collect()
}

fn fits(value: &str, kind: &str) -> bool {
    match kind {
        _ if is_placeholder(value) => true,
        "bool" => matches!(value, "true" | "false"),
        "number" => value.parse::<i64>().is_ok(),
        _ => !value.is_empty(),
    }
}

/// Placeholders `${…}` that Bicep does not replace, and empty values.
pub(super) fn unknown_values(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let kind = "Microsoft.App/managedEnvironments/daprComponents";
    let unset = |component: &Value| {
        let entries = list(component, "/properties/metadata");
        let unset = entries.filter(|entry| {
            let value = text(entry, "/value");
            let secret = !text(entry, "/secretRef").is_empty();
            !secret && (value.is_empty() || value.contains("${"))
        });
        let path = text(component, "/name").to_owned();
        unset.map(|it| format!("{path}: {} has no value", it["name"])).collect::<Vec<_>>()
    };
    snapshot.of(kind).flat_map(unset).collect()
}

/// The components that connect to Azure with an identity.
pub(super) fn identified(tree: &Tree) -> BTreeSet<String> {
    let components = components(tree, FOLDER).into_iter();
    let azure = components.filter(|component| type_of(component).contains(AZURE));
    azure.map(|component| component.name).collect()
}

/// Credentials that are not read from a vault.
pub(super) fn credentials(tree: &Tree) -> Vec<String> {
    let published = published();
    let check = |component: Component| {
        let known = published.get(type_of(&component));
        let exposed = settings(&component).filter(|(name, _, secret)| {
            let key = known.and_then(|known| known.keys.get(*name));
            key.is_some_and(|key| key.sensitive) && !secret
        });
        exposed
            .map(|(name, _, _)| format!("{}: {name} is exposed", component.path))
            .collect::<Vec<_>>()
    };
    components(tree, FOLDER).into_iter().flat_map(check).collect()
}

/// Components of Azure without their identity, or with settings that keep Dapr from using it.
pub(super) fn unidentified(tree: &Tree) -> Vec<String> {
    let check = |component: Component| {
        let value = |wanted: &str| {
            let mut settings = settings(&component);
            settings.find(|(name, _, _)| *name == wanted).map(|(_, value, _)| value.to_owned())
        };
        let azure = type_of(&component).contains(AZURE);
        let publishing = component.publishing(&tree.functions).join("; ");
        let mut wanted = vec![
            ("azureClientId", azure.then_some("${CLIENT_ID}")),
            ("azureAuthMethods", azure.then_some("${AUTH_METHODS}")),
            // With a tenant Dapr 1.16 does not try the identity.
            ("azureTenantId", None),
            // With one subscription for all functions, each would miss the messages of the others.
            ("consumerID", None),
        ];
        if type_of(&component).starts_with("pubsub.") {
            // Without it Dapr needs the permission to manage topics.
            wanted.push(("disableEntityManagement", Some("true")));
            // Without them every function may publish to every topic.
            wanted.push((PUBLISHING, Some(&publishing)));
        }
        let wrong = wanted.into_iter().filter(|(name, wanted)| value(name).as_deref() != *wanted);
        let path = component.path.clone();
        wrong.map(|(name, _)| format!("{path}: {name} is wrong")).collect::<Vec<_>>()
    };
    components(tree, FOLDER).into_iter().flat_map(check).collect()
}
