//! How many pods of a function there are.

use super::{metadata, pods, replicas, variable};
use local::manifest::{Function, Kind};
use serde_json::{Value, json};

/// The most pods of one function.
const MOST: u32 = 10;

/// The rules by which a function is scaled, and kept up while nodes are drained.
pub(super) fn rules(function: &Function) -> Vec<Value> {
    let mut rules = match function.manifest.kind {
        Kind::Http => vec![by_load(function)],
        Kind::Event => vec![authentication(function), by_backlog(function)],
        // Nothing wakes a host, and moving its actors costs more than a pod that rests.
        Kind::Workflow | Kind::Actor => Vec::new(),
    };
    // A budget for a single pod would keep its node from ever being drained.
    if replicas(function) > 1 {
        rules.push(budget(function));
    }
    rules
}

/// Scales by the function's own use of processors: its sidecar's is no measure of it.
fn by_load(function: &Function) -> Value {
    json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(&function.name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": function.name},
            "minReplicas": replicas(function),
            "maxReplicas": MOST,
            "metrics": [{
                "type": "ContainerResource",
                "containerResource": {
                    "container": "function",
                    "name": "cpu",
                    "target": {"type": "Utilization", "averageUtilization": 70}
                }
            }]
        }
    })
}

/// Scales by the messages that wait in the function's subscription, which is named like it.
fn by_backlog(function: &Function) -> Value {
    json!({
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(&function.name),
        "spec": {
            "scaleTargetRef": {"name": function.name},
            "minReplicaCount": replicas(function),
            "maxReplicaCount": MOST,
            "pollingInterval": 10,
            "cooldownPeriod": 300,
            "triggers": [{
                "type": "azure-servicebus",
                "metadata": {
                    "namespace": "${SERVICE_BUS}",
                    "topicName": function.manifest.topic,
                    "subscriptionName": function.name,
                    "messageCount": "5"
                },
                "authenticationRef": {"name": function.name}
            }]
        }
    })
}

/// The scaler looks with the function's own identity, which may see its subscription alone.
fn authentication(function: &Function) -> Value {
    json!({
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "TriggerAuthentication",
        "metadata": metadata(&function.name),
        "spec": {
            "podIdentity": {
                "provider": "azure-workload",
                "identityId": variable("FUNCTION_CLIENT_ID", &function.name)
            }
        }
    })
}

fn budget(function: &Function) -> Value {
    json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(&function.name),
        "spec": {
            "maxUnavailable": 1,
            // A pod that cannot get ready does not keep its node.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": pods(function)}
        }
    })
}
