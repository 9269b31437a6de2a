//! How many pods of a function there are.

use super::{metadata, pods, replicas, variable};
use local::manifest::{Function, Kind};
use serde_json::{Value, json};

/// The most pods of one function.
const MOST: u32 = 10;

/// The rules by which a function is scaled, and kept up while nodes are drained.
pub(super) fn rules(function: &Function) -> Vec<Value> {
    let mut rules = match function.manifest.kind {
        Kind::Http => vec![by_load(function, &["function"], None)],
        // The engine of workflows and actors is the sidecar. When a pod leaves, its actors move: one pod
        // goes at a time, and none because of a moment without load.
        Kind::Workflow | Kind::Actor => {
            vec![by_load(function, &["function", "daprd"], Some(&slowly_down()))]
        }
        Kind::Event => vec![authentication(function), by_backlog(function)],
    };
    // A budget for a single pod would keep its node from ever being drained.
    if replicas(function) > 1 {
        rules.push(budget(function));
    }
    rules
}

/// Scales by the processors that `containers` of its pods use.
fn by_load(function: &Function, containers: &[&str], behavior: Option<&Value>) -> Value {
    let metrics: Vec<_> = containers.iter().map(|container| processors(container)).collect();
    let mut rule = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(&function.name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": function.name},
            "minReplicas": replicas(function),
            "maxReplicas": MOST,
            "metrics": metrics
        }
    });
    if let Some(behavior) = behavior {
        rule["spec"]["behavior"] = behavior.clone();
    }
    rule
}

fn processors(container: &str) -> Value {
    json!({
        "type": "ContainerResource",
        "containerResource": {
            "container": container,
            "name": "cpu",
            "target": {"type": "Utilization", "averageUtilization": 70}
        }
    })
}

fn slowly_down() -> Value {
    json!({"scaleDown": {
        "stabilizationWindowSeconds": 600,
        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 120}]
    }})
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
