//! The Dapr components on Azure: their scopes and properties.

use super::Tree;
use generate::Generated;
use generate::azure::{self, COMPONENTS_JSON, FOLDER, FUNCTIONS_JSON};
use generate::components::{self as local, Component};
use std::collections::BTreeSet;

/// The components in `folder`, by name.
///
/// # Panics
/// When one is not YAML.
#[must_use]
pub fn components(tree: &Tree, folder: &str) -> Vec<Component> {
    let components = tree.files(folder, ".yaml").map(|(path, text)| Component::parse(path, text));
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

/// The files that are generated for Azure.
///
/// # Panics
/// When a component is not YAML.
#[must_use]
pub fn generated(tree: &Tree) -> Vec<Generated> {
    azure::generated(&components(tree, FOLDER), &tree.functions)
}

pub(super) fn stale_functions(tree: &Tree) -> Vec<String> {
    stale(tree, |path| path == FUNCTIONS_JSON)
}

pub(super) fn stale_components(tree: &Tree) -> Vec<String> {
    stale(tree, |path| path == COMPONENTS_JSON)
}

pub(super) fn stale_scopes(tree: &Tree) -> Vec<String> {
    stale(tree, |path| path.starts_with(FOLDER))
}

fn stale(tree: &Tree, of: impl Fn(&str) -> bool) -> Vec<String> {
    let stale = |file: &Generated| of(&file.path) && tree.text(&file.path) != file.text;
    let stale = generated(tree).into_iter().filter(stale);
    stale.map(|file| format!("{} is stale: run `./makew generate`", file.path)).collect()
}

/// Components that do not exist under the same name on every platform.
pub(super) fn mismatched_names(tree: &Tree) -> Vec<String> {
    let names = |folder| {
        let components = components(tree, folder).into_iter();
        components.map(|component| component.name).collect::<BTreeSet<_>>()
    };
    let (azure, local) = (names(FOLDER), names(local::FOLDER));
    let used = tree.functions.iter().flat_map(|function| function.manifest.uses.iter());
    let unknown = used.filter(|name| !azure.contains(*name)).cloned();
    let differ = azure.symmetric_difference(&local).cloned();
    let odd: BTreeSet<_> = unknown.chain(differ).collect();
    let misnamed = components(tree, FOLDER)
        .into_iter()
        .filter(|component| component.yaml["metadata"]["name"] != component.name.as_str());
    let misnamed: Vec<_> =
        misnamed.map(|component| format!("{} has another name", component.path)).collect();
    odd.into_iter()
        .map(|name| format!("{name} does not exist everywhere"))
        .chain(misnamed)
        .collect()
}

/// Components that differ in whether functions share documents, or whether they store actors.
pub(super) fn mismatched_properties(tree: &Tree) -> Vec<String> {
    let properties = |component: &Component| {
        let compared =
            |(name, _, _): &(&str, &str, bool)| matches!(*name, "keyPrefix" | "actorStateStore");
        let properties: BTreeSet<_> = settings(component)
            .filter(compared)
            .map(|(name, value, _)| format!("{name}: {value}"))
            .collect();
        properties
    };
    let locals = components(tree, local::FOLDER);
    let differ = |component: Component| {
        let local = locals.iter().find(|local| local.name == component.name)?;
        let (here, there) = (properties(&component), properties(local));
        (here != there).then(|| format!("{}: {here:?}, locally {there:?}", component.path))
    };
    components(tree, FOLDER).into_iter().filter_map(differ).collect()
}
