//! The Dapr components on Azure: their scopes, and `infra/components.json`, both generated.

use super::Tree;
use crate::generated::components::Component;
use crate::generated::functions_json;
use serde::Serialize;
use serde_norway::Value;
use std::collections::BTreeSet;

/// The folder of the Dapr components on Azure.
pub const FOLDER: &str = "components/azure/";

/// Where Bicep reads the functions.
pub const FUNCTIONS_JSON: &str = "infra/functions.json";

/// Where Bicep reads the components.
pub const COMPONENTS_JSON: &str = "infra/components.json";

/// How long Dapr waits for a component, when its file does not say.
const INIT_TIMEOUT: &str = "5s";

/// A component as Bicep reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: &'a str,
    r#type: &'a Value,
    version: &'a Value,
    init_timeout: &'a str,
    metadata: &'a Value,
    scopes: &'a Value,
}

/// The components in `folder`, by name.
///
/// # Panics
/// When one is not YAML.
#[must_use]
pub fn components(tree: &Tree, folder: &str) -> Vec<Component> {
    let parse = |(path, text): (&str, &str)| {
        let yaml = serde_norway::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let name = path.trim_start_matches(folder).replace(".yaml", "");
        Component { path: path.to_owned(), name, text: text.to_owned(), yaml }
    };
    let components = tree.files(folder, ".yaml").map(parse);
    components.filter(|component| component.yaml["kind"] == "Component").collect()
}

/// The settings of a component: name, value, and whether the value is that of a secret.
///
/// # Panics
/// When a setting has no name.
pub fn settings(component: &Component) -> impl Iterator<Item = (&str, &str, bool)> {
    let settings = component.yaml["spec"]["metadata"].as_sequence().into_iter().flatten();
    settings.map(|setting| {
        let name = setting["name"].as_str().expect("settings have names");
        let secret = setting["secretKeyRef"]["key"].as_str();
        (name, setting["value"].as_str().or(secret).unwrap_or_default(), secret.is_some())
    })
}

/// What is generated for Azure: paths and texts.
///
/// # Panics
/// When a component is not YAML.
#[must_use]
pub fn generated(tree: &Tree) -> Vec<(String, String)> {
    let mut files = vec![(FUNCTIONS_JSON.to_owned(), functions_json(&tree.functions))];
    files.extend(scoped(tree));
    let mut scoped = tree.clone();
    for (path, text) in &files {
        scoped.put(path, text.clone());
    }
    files.push((COMPONENTS_JSON.to_owned(), components_json(&scoped)));
    files
}

fn scoped(tree: &Tree) -> impl Iterator<Item = (String, String)> {
    let scoped = |component: Component| (component.path.clone(), component.scoped(&tree.functions));
    components(tree, FOLDER).into_iter().map(scoped)
}

fn components_json(tree: &Tree) -> String {
    let components = components(tree, FOLDER);
    let entries: Vec<_> = components.iter().map(entry).collect();
    serde_json::to_string_pretty(&entries).expect("components are JSON") + "\n"
}

fn entry(Component { name, yaml, .. }: &Component) -> Entry<'_> {
    Entry {
        name,
        r#type: &yaml["spec"]["type"],
        version: &yaml["spec"]["version"],
        init_timeout: yaml["spec"]["initTimeout"].as_str().unwrap_or(INIT_TIMEOUT),
        metadata: &yaml["spec"]["metadata"],
        scopes: &yaml["scopes"],
    }
}

pub(super) fn stale_functions(tree: &Tree) -> Vec<String> {
    stale(tree, FUNCTIONS_JSON, &functions_json(&tree.functions))
}

pub(super) fn stale_components(tree: &Tree) -> Vec<String> {
    stale(tree, COMPONENTS_JSON, &components_json(tree))
}

pub(super) fn stale_scopes(tree: &Tree) -> Vec<String> {
    scoped(tree).flat_map(|(path, text)| stale(tree, &path, &text)).collect()
}

fn stale(tree: &Tree, path: &str, expected: &str) -> Vec<String> {
    let stale = tree.text(path) != expected;
    stale.then(|| format!("{path} is stale: run `./makew generate`")).into_iter().collect()
}

/// The functions find components by name, wherever they run.
pub(super) fn other_names(tree: &Tree) -> Vec<String> {
    let names = |folder| {
        let components = components(tree, folder).into_iter();
        components.map(|component| component.name).collect::<BTreeSet<_>>()
    };
    let (azure, local) = (names(FOLDER), names("components/local/"));
    let used = tree.functions.iter().flat_map(|function| function.manifest.uses.iter());
    let unknown = used.filter(|name| !azure.contains(*name)).cloned();
    let differ = azure.symmetric_difference(&local).cloned();
    let odd: BTreeSet<_> = unknown.chain(differ).collect();
    let misnamed = components(tree, FOLDER)
        .into_iter()
        .filter(|component| component.yaml["metadata"]["name"] != component.name.as_str());
    let misnamed: Vec<_> =
        misnamed.map(|component| format!("{} has another name", component.path)).collect();
    odd.into_iter().map(|name| format!("{name} is not everywhere")).chain(misnamed).collect()
}

/// Whether functions share documents, and whether actors live there, is the same on both.
pub(super) fn other_promises(tree: &Tree) -> Vec<String> {
    let promises = |component: &Component| {
        let kept =
            |(name, _, _): &(&str, &str, bool)| matches!(*name, "keyPrefix" | "actorStateStore");
        let promises: BTreeSet<_> = settings(component)
            .filter(kept)
            .map(|(name, value, _)| format!("{name}: {value}"))
            .collect();
        promises
    };
    let locals = components(tree, "components/local/");
    let differ = |component: Component| {
        let local = locals.iter().find(|local| local.name == component.name)?;
        let (here, there) = (promises(&component), promises(local));
        (here != there).then(|| format!("{}: {here:?}, locally {there:?}", component.path))
    };
    components(tree, FOLDER).into_iter().filter_map(differ).collect()
}
