//! What Dapr is told: the components of `components/azure`, and how often it tries again.

use super::{SHOP, metadata, variable};
use crate::workspace::{files, read};
use local::manifest::Function;
use serde_json::{Value, json};

/// The components on Azure, for Container Apps and Kubernetes alike.
const COMPONENTS: &str = "components/azure";

/// Where the retries are described, for this machine and for Kubernetes alike.
const RESILIENCY: &str = "components/local/resiliency.yaml";

/// What all sidecars are told.
pub(super) fn shared() -> Vec<Value> {
    vec![configuration(), resiliency()]
}

/// The components, each with its name.
pub(super) fn components(functions: &[Function]) -> Vec<(String, Value)> {
    let files = files(COMPONENTS).into_iter();
    files.map(|path| component(parsed(&path), functions)).collect()
}

fn configuration() -> Value {
    json!({
        "apiVersion": "dapr.io/v1alpha1",
        "kind": "Configuration",
        "metadata": metadata(SHOP),
        "spec": {
            "secrets": {"scopes": [{
                "storeName": "secrets",
                "defaultAccess": "deny",
                "allowedSecrets": ["payment-api-key", "payment-api-key-previous"]
            }]}
        }
    })
}

fn resiliency() -> Value {
    let mut resiliency = parsed(RESILIENCY);
    resiliency["metadata"] = metadata("resiliency");
    resiliency
}

/// The component in the namespace of the shop, scoped by the functions' manifests.
fn component(mut component: Value, functions: &[Function]) -> (String, Value) {
    let name = component["metadata"]["name"].as_str().expect("it has a name").to_owned();
    let uses = |function: &&Function| function.manifest.uses.contains(&name);
    let scopes: Vec<_> = functions.iter().filter(uses).map(|function| &function.name).collect();
    component["scopes"] = json!(scopes);
    component["metadata"] = metadata(&name);
    for setting in component["spec"]["metadata"].as_array_mut().into_iter().flatten() {
        if let Some(Value::String(value)) = setting.get_mut("value") {
            *value = as_identity(&name, value);
        }
    }
    (name, component)
}

/// `value` for Kubernetes: each component has an identity, which trusts the accounts of the functions
/// in its scopes.
fn as_identity(component: &str, value: &str) -> String {
    match value {
        "${CLIENT_ID}" => variable("COMPONENT_CLIENT_ID", component),
        "${AUTH_METHODS}" => "workloadidentity".to_owned(),
        _ => value.to_owned(),
    }
}

fn parsed(path: &str) -> Value {
    serde_norway::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
