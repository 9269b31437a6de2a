//! A function's pods: the container, its Dapr sidecar, and their service account.

use super::{SAMPLING, SHOP, edge, metadata, pods, variable};
use local::manifest::{Function, Kind, Service};
use serde_json::{Value, json};

/// The time for requests in flight to end; the default of `DRAIN_SECONDS`.
const DRAIN_SECONDS: u32 = 15;

/// How long the sidecar keeps serving after both are signalled: longer than requests last.
const SIDECAR_STAYS_SECONDS: u32 = DRAIN_SECONDS + 1;

/// The time for the sidecar to shut down after that.
const SIDECAR_DRAIN_SECONDS: u32 = 10;

/// When the function is signalled. A pod without processes has no address, and connections to it would hang: it
/// outlives its sidecar by some seconds, in which callers are refused at once and find another.
const FUNCTION_STAYS_SECONDS: u32 = SIDECAR_STAYS_SECONDS + 3;

/// The longest that the function keeps serving while its sidecar runs: the function ends last.
const STOP_WAIT_SECONDS: u32 = SIDECAR_STAYS_SECONDS + SIDECAR_DRAIN_SECONDS + 4;

/// When the pod is killed.
const GRACE_SECONDS: u32 = STOP_WAIT_SECONDS + DRAIN_SECONDS + 5;

/// The user id of distroless `nonroot`.
const USER: u32 = 65_532;

/// The secret whose `token` the sidecar sends to its function.
const APP_TOKEN: &str = "app-api-token";

/// The settings of public functions: who may call, and how much. A limit that is empty is the default.
const PUBLIC: [&str; 10] = [
    "OIDC_ISSUERS",
    "OIDC_AUDIENCES",
    "OIDC_CLIENT_ID",
    "OIDC_SCOPES",
    "MAX_REQUESTS",
    "MAX_WAITS",
    "MAX_STREAMS",
    "REQUESTS_PER_CALLER",
    "REQUESTS_PER_ADDRESS",
    "TRUSTED_PROXIES",
];

/// The service account of a function's pods. Through it, the function and its sidecar have the function's
/// identity, which has the roles of the components that the function uses.
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
    // The number of replicas is the scaler's: every deployment would reset it.
    let spec = json!({
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": pods(function)},
        "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        "template": {"metadata": pod_metadata(function), "spec": pod(function)}
    });
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

/// The configuration of the sidecar.
fn annotations(function: &Function) -> Value {
    let Function { name, manifest, .. } = function;
    json!({
        "dapr.io/enabled": "true",
        "dapr.io/app-id": name,
        "dapr.io/app-port": manifest.port.to_string(),
        "dapr.io/app-protocol": "http",
        "dapr.io/app-token-secret": APP_TOKEN,
        "dapr.io/config": name,
        "dapr.io/log-as-json": "true",
        "dapr.io/block-shutdown-duration": format!("{SIDECAR_STAYS_SECONDS}s"),
        "dapr.io/graceful-shutdown-seconds": SIDECAR_DRAIN_SECONDS.to_string(),
        "dapr.io/disable-builtin-k8s-secret-store": "true",
        "dapr.io/sidecar-seccomp-profile-type": "RuntimeDefault",
        "dapr.io/enable-metrics": "true",
        "dapr.io/metrics-port": edge::METRICS_PORT.to_string(),
        "prometheus.io/scrape": "true",
        "prometheus.io/port": edge::METRICS_PORT.to_string(),
        "prometheus.io/path": "/metrics",
        "dapr.io/sidecar-cpu-request": processors(function),
        // An idle sidecar with components of Azure uses 145 to 170 MiB.
        "dapr.io/sidecar-memory-request": "192Mi",
        "dapr.io/sidecar-memory-limit": "384Mi"
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

/// The CPU requests of the function and of its sidecar. A host serves all orders, and its probes must not
/// starve under load.
fn processors(function: &Function) -> &'static str {
    match function.manifest.kind {
        Kind::Workflow | Kind::Actor => "250m",
        Kind::Http | Kind::Event => "50m",
    }
}

fn container(function: &Function) -> Value {
    let probe = |path: &str, period: u32, failures: u32, timeout: u32| {
        json!({
            "httpGet": {"path": path, "port": "http"},
            "periodSeconds": period,
            "failureThreshold": failures,
            "timeoutSeconds": timeout
        })
    };
    json!({
        "name": "function",
        "image": variable("IMAGE", &function.name),
        "ports": [{"name": "http", "containerPort": function.manifest.port}],
        "env": environment(function),
        "lifecycle": {"preStop": {"sleep": {"seconds": FUNCTION_STAYS_SECONDS}}},
        // It listens within a second, and the sidecar waits for it.
        "startupProbe": probe("/healthz", 1, 30, 2),
        // Restarting a slow pod under load would move its load to the others.
        "livenessProbe": probe("/healthz", 10, 6, 5),
        "readinessProbe": probe("/readyz", 5, 2, 2),
        "resources": {
            "requests": {"cpu": processors(function), "memory": "32Mi"},
            "limits": {"memory": "128Mi"}
        },
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": true
        }
    })
}

/// The function's settings; see `shared::host::settings`.
fn environment(function: &Function) -> Vec<Value> {
    let set = |(name, value): (&str, String)| json!({"name": name, "value": value});
    let mut settings = vec![
        ("APP_PORT", function.manifest.port.to_string()),
        // The probes come from the node.
        ("APP_HOST", "0.0.0.0".to_owned()),
        ("STOP_WAIT_SECONDS", STOP_WAIT_SECONDS.to_string()),
        ("DRAIN_SECONDS", DRAIN_SECONDS.to_string()),
        ("LOG_FORMAT", "json".to_owned()),
        // Nothing is exported when it is empty.
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "${OTLP_ENDPOINT}".to_owned()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf".to_owned()),
        ("OTEL_RESOURCE_ATTRIBUTES", format!("service.namespace={SHOP}")),
        ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio".to_owned()),
        ("OTEL_TRACES_SAMPLER_ARG", SAMPLING.to_owned()),
    ];
    if function.manifest.service == Service::Payment {
        settings.push(("PAYMENT_PROVIDER_URL", "${PAYMENT_PROVIDER_URL}".to_owned()));
    }
    settings.extend(management(function));
    if edge::is_public(function) {
        settings.extend(PUBLIC.map(|name| (name, format!("${{{name}}}"))));
    }
    let mut settings: Vec<_> = settings.into_iter().map(set).collect();
    // Callers of a public function have tokens of their own.
    if !edge::is_public(function) {
        let token = json!({"secretKeyRef": {"name": APP_TOKEN, "key": "token"}});
        settings.push(json!({"name": "APP_API_TOKEN", "valueFrom": token}));
    }
    settings
}

/// The settings of a function that writes secrets, with its own identity.
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
    fn a_grace_period_exceeds_the_time_to_drain() {
        const { assert!(DRAIN_SECONDS < SIDECAR_STAYS_SECONDS) };
        const { assert!(SIDECAR_STAYS_SECONDS + SIDECAR_DRAIN_SECONDS < STOP_WAIT_SECONDS) };
        const { assert!(STOP_WAIT_SECONDS + DRAIN_SECONDS < GRACE_SECONDS) };
        const { assert!(FUNCTION_STAYS_SECONDS < STOP_WAIT_SECONDS) };
    }
}
