//! Dapr's configuration: components, access, tracing, retention and retries.

use super::{SAMPLING, manifest, metadata};
use crate::Generated;
use crate::components::Component;
use crate::workspace::{files, read};
use local::manifest::Function;
use serde_json::{Value, json};

/// The components on Azure, for both Container Apps and Kubernetes.
const COMPONENTS: &str = "components/azure";

/// The retry policies, both local and on Kubernetes.
const RESILIENCY: &str = "components/local/resiliency.yaml";

/// What all sidecars share.
pub(super) fn shared() -> Vec<Value> {
    vec![resiliency()]
}

/// The components, one file each.
pub(super) fn components(functions: &[Function]) -> Vec<Generated> {
    let files = files(COMPONENTS).into_iter();
    files.map(|path| component(&Component::parse(&path, &read(&path)), functions)).collect()
}

/// The settings of the sidecar of `function`, with its `accessControl`.
pub(super) fn configuration(function: &Function, access_control: &Value) -> Value {
    json!({
        "apiVersion": "dapr.io/v1alpha1",
        "kind": "Configuration",
        "metadata": metadata(&function.name),
        "spec": {
            "accessControl": access_control,
            // Finished workflows, with the personal data in their inputs, are purged after a week.
            "workflow": {"stateRetentionPolicy": {"anyTerminal": "168h"}},
            // Traces that start at a sidecar are sampled like those that start at a function.
            "tracing": {
                "samplingRate": SAMPLING,
                "otel": {"endpointAddress": "${OTLP_ADDRESS}", "isSecure": false, "protocol": "http"}
            },
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
fn component(file: &Component, functions: &[Function]) -> Generated {
    let (name, mut component) = (&file.name, parsed(&file.path));
    component["scopes"] = json!(file.users(functions));
    component["metadata"] = metadata(name);
    component["spec"]["metadata"] = json!(file.settings(functions));
    if let Some(settings) = component["spec"]["metadata"].as_array_mut() {
        by_workload_identity(settings);
    }
    manifest(
        &format!("components/{name}"),
        &format!("The component {name}, on Azure."),
        &[component],
    )
}

/// Dapr takes the identity of the pod that its sidecar runs in, not the client id that a component names
/// ([source](https://github.com/dapr/components-contrib/blob/v1.18.3/common/authentication/azure/auth.go#L130)):
/// the roles are those of each function.
fn by_workload_identity(settings: &mut Vec<Value>) {
    settings.retain(|setting| setting["name"] != "azureClientId");
    for setting in settings {
        if setting["name"] == "azureAuthMethods" {
            setting["value"] = json!("workloadidentity");
        }
    }
}

fn parsed(path: &str) -> Value {
    serde_norway::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
