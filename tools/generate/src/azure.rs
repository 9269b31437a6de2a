//! The input of Bicep, `infra/functions.json` and `infra/components.json`, and the scopes of the Dapr
//! components on Azure.

use crate::Generated;
use crate::components::{Component, scoped};
use local::manifest::Function;
use serde::Serialize;
use serde_norway::Value;

/// The folder of the Dapr components on Azure.
pub const FOLDER: &str = "components/azure";

/// The functions, for Bicep.
pub const FUNCTIONS_JSON: &str = "infra/functions.json";

/// The components, for Bicep.
pub const COMPONENTS_JSON: &str = "infra/components.json";

/// Dapr's default timeout for the initialisation of a component.
const INIT_TIMEOUT: &str = "5s";

/// A component as Bicep reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    name: &'a str,
    r#type: &'a Value,
    version: &'a Value,
    init_timeout: &'a str,
    metadata: Value,
    scopes: Vec<&'a str>,
}

/// The generated files for Azure, from its `components` and the functions.
#[must_use]
pub fn generated(components: &[Component], functions: &[Function]) -> Vec<Generated> {
    let mut files = vec![
        Generated::new(FUNCTIONS_JSON, functions_json(functions)),
        Generated::new(COMPONENTS_JSON, components_json(components, functions)),
    ];
    files.extend(scoped(components, functions));
    files
}

/// `infra/functions.json`: the functions, for Bicep to loop over.
///
/// # Panics
/// Never: manifests are JSON.
#[must_use]
pub fn functions_json(functions: &[Function]) -> String {
    serde_json::to_string_pretty(functions).expect("manifests are JSON") + "\n"
}

/// `infra/components.json`: the components, for Bicep to loop over.
///
/// # Panics
/// Never: components are JSON.
#[must_use]
pub fn components_json(components: &[Component], functions: &[Function]) -> String {
    let entries: Vec<_> = components.iter().map(|component| entry(component, functions)).collect();
    serde_json::to_string_pretty(&entries).expect("components are JSON") + "\n"
}

fn entry<'a>(component: &'a Component, functions: &'a [Function]) -> Entry<'a> {
    let spec = &component.yaml["spec"];
    Entry {
        name: &component.name,
        r#type: &spec["type"],
        version: &spec["version"],
        init_timeout: spec["initTimeout"].as_str().unwrap_or(INIT_TIMEOUT),
        metadata: component.settings(functions),
        scopes: component.users(functions),
    }
}
