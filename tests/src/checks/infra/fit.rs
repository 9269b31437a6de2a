//! Azure's limits, and the quality of the template: names, parameters, outputs, versions.

use super::Tree;
use super::snapshot::{Snapshot, last, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// By how much the parameter `name` of `main.bicep` may be longer than in the snapshots.
const MAX_GROWTH: usize = 20 - "saga-shop".len();

/// The longest names that Azure accepts.
const MAX_NAMES: [(&str, usize); 8] = [
    ("Microsoft.ContainerRegistry/registries", 50),
    ("Microsoft.ServiceBus/namespaces", 50),
    ("Microsoft.ServiceBus/namespaces/topics/subscriptions", 50),
    ("Microsoft.EventGrid/systemTopics", 50),
    ("Microsoft.DocumentDB/databaseAccounts", 44),
    ("Microsoft.KeyVault/vaults", 24),
    ("Microsoft.ManagedIdentity/userAssignedIdentities", 128),
    ("Microsoft.App/managedEnvironments", 60),
];

/// Names that are too long, or can be with another parameter `name`.
pub(super) fn long_names(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let long = |(kind, most): &(&'static str, usize)| {
        let names = snapshot.of(kind).map(|resource| last(text(resource, "/name")));
        let most = *most;
        names.filter(move |name| longest(name) > most).map(str::to_owned).collect::<Vec<_>>()
    };
    MAX_NAMES.iter().flat_map(long).map(|name| format!("{name} may be too long")).collect()
}

fn longest(name: &str) -> usize {
    let named = name.contains("saga-shop") || name.contains("sagashop");
    name.len() + if named { MAX_GROWTH } else { 0 }
}

/// Functions whose names are not valid for a container app.
pub(super) fn wrong_names(tree: &Tree) -> Vec<String> {
    let wrong = tree.functions.iter().filter(|function| !is_app_name(&function.name));
    wrong
        .map(|it| format!("{} is not a valid name of an app: 2 to 32 of a-z, 0-9 and -", it.name))
        .collect()
}

fn is_app_name(name: &str) -> bool {
    let letters = |letter| matches!(letter, 'a'..='z' | '0'..='9' | '-');
    (2..=32).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.chars().all(letters)
}

/// The template and its modules'.
fn templates(template: &Value) -> Vec<&Value> {
    let resources = &template["resources"];
    let named = resources.as_object().into_iter().flat_map(|named| named.values());
    let listed = resources.as_array().into_iter().flatten();
    let modules = named.chain(listed).map(|resource| &resource["properties"]["template"]);
    let modules = modules.filter(|module| module.is_object()).flat_map(templates);
    [template].into_iter().chain(modules).collect()
}

/// Words that name a secret.
const SECRETS: [&str; 8] = [
    "listkeys",
    "connectionstring",
    "instrumentationkey",
    "password",
    "apikey",
    "sharedkey",
    "secretvalue",
    "accesstoken",
];

/// Outputs that contain a secret, and calls that list keys.
pub(super) fn exposed_secrets(template: &Value) -> Vec<String> {
    let mut exposed = Vec::new();
    for module in templates(template) {
        for (name, output) in module["outputs"].as_object().into_iter().flatten() {
            let value = output["value"].to_string().to_lowercase();
            if SECRETS.iter().any(|word| value.contains(word)) {
                exposed.push(format!("the output {name} is {value}"));
            }
        }
    }
    if template.to_string().to_lowercase().contains("listkeys(") {
        exposed.push("the template lists keys".to_owned());
    }
    exposed
}

/// Parameters and outputs without a description, parameters whose description does not say whether they
/// are required, and secrets that are not marked as such.
pub(super) fn undescribed_parameters(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for module in templates(template) {
        for (name, parameter) in module["parameters"].as_object().into_iter().flatten() {
            faults.extend(fault(name, parameter).map(|why| format!("{name}: {why}")));
        }
        for (name, output) in module["outputs"].as_object().into_iter().flatten() {
            let described = !text(output, "/metadata/description").is_empty();
            faults.extend((!described).then(|| format!("{name} has no description")));
        }
    }
    faults
}

fn fault(name: &str, parameter: &Value) -> Option<&'static str> {
    let optional = parameter.get("defaultValue").is_some();
    let wanted = if optional { "Optional. " } else { "Required. " };
    if !text(parameter, "/metadata/description").starts_with(wanted) {
        return Some("its description must begin with Required or Optional, as applies");
    }
    let secret = ["key", "password"].iter().any(|word| name.to_lowercase().ends_with(word));
    let marked = text(parameter, "/type") == "securestring";
    (secret != marked).then_some("secrets, and only they, are marked @secure()")
}

/// Functions whose value changes with each deployment.
const CHANGING: [&str; 2] = ["utcnow(", "newguid("];

pub(super) fn changing_values(template: &Value) -> Vec<String> {
    let text = template.to_string().to_lowercase();
    let found = CHANGING.iter().filter(|function| text.contains(**function));
    found.map(|function| format!("{function}) changes with each deployment")).collect()
}

/// Resource types that are needed in a preview version: `logs` by category group.
const PREVIEWS: [&str; 1] = ["Microsoft.Insights/diagnosticSettings@2021-05-01-preview"];

pub(super) fn previews(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let versions: BTreeSet<_> = snapshot
        .resources()
        .map(|it| format!("{}@{}", text(it, "/type"), text(it, "/apiVersion")))
        .collect();
    let previews = versions.into_iter().filter(|version| version.ends_with("-preview"));
    previews.filter(|version| !PREVIEWS.contains(&version.as_str())).collect()
}

/// Resources that Azure refuses if they exist, unless a property asks to replace them.
const REPLACED: [(&str, &str, &str); 1] =
    [("Microsoft.OperationalInsights/workspaces/savedSearches", "/properties/etag", "*")];

/// Resources that a second deployment could not create, and duplicates.
pub(super) fn not_repeatable(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let refused = REPLACED.iter().flat_map(|(kind, pointer, value)| {
        let found = snapshot.of(kind).filter(|resource| text(resource, pointer) != *value);
        found.map(move |it| format!("{}: {pointer} is not {value}", text(it, "/name")))
    });
    let mut seen = BTreeSet::new();
    let twice = snapshot.resources().filter(|resource| !seen.insert(text(resource, "/id")));
    let twice = twice.map(|resource| format!("{} is a duplicate", text(resource, "/id")));
    let short = snapshot.diagnostics().as_array().into_iter().flatten();
    refused.chain(twice).chain(short.map(|it| format!("not expanded: {it}"))).collect()
}
