//! A function's pods: the container beside its Dapr sidecar, and the account that they run as.

use super::{SHOP, edge, metadata, pods, replicas, variable};
use local::manifest::{Function, Kind, Service};
use serde_json::{Value, json};

/// How long requests in flight have to end; the default of `DRAIN_SECONDS`.
const DRAIN_SECONDS: u32 = 15;

/// How long the sidecar serves on after both are told to stop: longer than requests last.
const SIDECAR_STAYS_SECONDS: u32 = DRAIN_SECONDS + 1;

/// How long the sidecar then has to end what it does itself.
const SIDECAR_DRAIN_SECONDS: u32 = 10;

/// How long before all that is left is killed: longer than the sum of the above.
const GRACE_SECONDS: u32 = SIDECAR_STAYS_SECONDS + SIDECAR_DRAIN_SECONDS + 4;

/// The image's user, which has no name.
const USER: u32 = 65_532;

/// The secret whose `token` the sidecar shows its function.
const APP_TOKEN: &str = "app-api-token";

/// The account of a function's pods. Its own identity pulls no state: each component has an identity
/// that trusts the accounts of the functions in its scopes.
pub(super) fn account(function: &Function) -> Value {
    let mut metadata = metadata(&function.name);
    metadata["annotations"] = json!({"azure.workload.identity/client-id": variable("FUNCTION_CLIENT_ID", &function.name)});
    json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": false
    })
}

/// The function's deployment.
pub(super) fn deployment(function: &Function) -> Value {
    let mut spec = json!({
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": pods(function)},
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": {"metadata": pod_metadata(function), "spec": pod(function)}
    });
    // Elsewhere a scaler sets it, and every deployment would set it back.
    if matches!(function.manifest.kind, Kind::Workflow | Kind::Actor) {
        spec["replicas"] = json!(replicas(function));
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(&function.name),
        "spec": spec
    })
}

fn pod_metadata(function: &Function) -> Value {
    json!({
        "labels": {
            "app.kubernetes.io/name": function.name,
            "app.kubernetes.io/component": function.manifest.service,
            "app.kubernetes.io/part-of": SHOP,
            "azure.workload.identity/use": "true"
        },
        "annotations": annotations(function)
    })
}

/// What the sidecar is told.
fn annotations(Function { name, manifest, .. }: &Function) -> Value {
    json!({
        "dapr.io/enabled": "true",
        "dapr.io/app-id": name,
        "dapr.io/app-port": manifest.port.to_string(),
        "dapr.io/app-protocol": "http",
        "dapr.io/app-token-secret": APP_TOKEN,
        "dapr.io/config": SHOP,
        "dapr.io/log-as-json": "true",
        "dapr.io/block-shutdown-duration": format!("{SIDECAR_STAYS_SECONDS}s"),
        "dapr.io/graceful-shutdown-seconds": SIDECAR_DRAIN_SECONDS.to_string(),
        "dapr.io/disable-builtin-k8s-secret-store": "true",
        "dapr.io/sidecar-seccomp-profile-type": "RuntimeDefault",
        "dapr.io/sidecar-cpu-request": "50m",
        "dapr.io/sidecar-memory-request": "64Mi",
        "dapr.io/sidecar-memory-limit": "256Mi"
    })
}

fn pod(function: &Function) -> Value {
    json!({
        "serviceAccountName": function.name,
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": USER,
            "runAsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"}
        },
        "topologySpreadConstraints": [{
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": pods(function)}
        }],
        "containers": [container(function)]
    })
}

fn container(function: &Function) -> Value {
    let probe = |path: &str, period: u32, failures: u32| {
        json!({
            "httpGet": {"path": path, "port": "http"},
            "periodSeconds": period,
            "failureThreshold": failures,
            "timeoutSeconds": 2
        })
    };
    json!({
        "name": "function",
        "image": variable("IMAGE", &function.name),
        "ports": [{"name": "http", "containerPort": function.manifest.port}],
        "env": environment(function),
        // It listens within a second, and the sidecar waits for it.
        "startupProbe": probe("/healthz", 1, 30),
        "livenessProbe": probe("/healthz", 10, 3),
        "readinessProbe": probe("/readyz", 5, 2),
        "resources": {
            "requests": {"cpu": "50m", "memory": "32Mi"},
            "limits": {"memory": "128Mi"}
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true
        }
    })
}

/// The function's settings; `shared::host::settings` says what they mean.
fn environment(function: &Function) -> Vec<Value> {
    let set = |(name, value): (&str, String)| json!({"name": name, "value": value});
    let mut settings = vec![
        ("APP_PORT", function.manifest.port.to_string()),
        // The probes come from the node.
        ("APP_HOST", "0.0.0.0".to_owned()),
        ("DRAIN_SECONDS", DRAIN_SECONDS.to_string()),
        ("LOG_FORMAT", "json".to_owned()),
    ];
    if function.manifest.service == Service::Payment {
        settings.push(("PAYMENT_PROVIDER_URL", "${PAYMENT_PROVIDER_URL}".to_owned()));
    }
    settings.extend(management(function));
    let mut settings: Vec<_> = settings.into_iter().map(set).collect();
    // Everybody may call a public function, and nobody else shows a token.
    if !edge::is_public(function) {
        let token = json!({"secretKeyRef": {"name": APP_TOKEN, "key": "token"}});
        settings.push(json!({"name": "APP_API_TOKEN", "valueFrom": token}));
    }
    settings
}

/// The settings of a function that writes secrets; it does so by its own identity.
fn management(Function { name, manifest, .. }: &Function) -> Vec<(&'static str, String)> {
    if !manifest.manages.iter().any(|component| component == "secrets") {
        return Vec::new();
    }
    vec![
        ("KEY_VAULT_URL", "${KEY_VAULT_URL}".to_owned()),
        ("AZURE_CLIENT_ID", variable("FUNCTION_CLIENT_ID", name)),
        ("PAYMENT_KEY_DAYS", "${PAYMENT_KEY_DAYS}".to_owned()),
        ("PAYMENT_KEY_OVERLAP_MINUTES", "${PAYMENT_KEY_OVERLAP_MINUTES}".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_killed_before_its_time_to_end_is_over() {
        const { assert!(DRAIN_SECONDS < SIDECAR_STAYS_SECONDS) };
        const { assert!(SIDECAR_STAYS_SECONDS + SIDECAR_DRAIN_SECONDS < GRACE_SECONDS) };
    }
}
