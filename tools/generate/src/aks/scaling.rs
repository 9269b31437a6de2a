//! The scaling of functions.

use super::{metadata, pods, replicas, variable};
use local::manifest::{Function, Kind};
use serde_json::{Value, json};

/// The maximum number of replicas of a function.
const MAX_REPLICAS: u32 = 10;

/// The scaling rules of a function that handles messages of `topics`, if it does, and its disruption budget.
pub(super) fn rules(function: &Function, topics: &[String]) -> Vec<Value> {
    let mut rules = match function.manifest.kind {
        Kind::Http => vec![by_load(function, &["function"], None)],
        // The engine of workflows and actors is the sidecar. When a pod is removed, its actors move:
        // pods are removed one at a time, and not after a short time without load.
        Kind::Workflow | Kind::Actor => {
            vec![by_load(function, &["function", "daprd"], Some(&slowly_down()))]
        }
        Kind::Event => vec![authentication(function), by_backlog(function, topics)],
    };
    // A budget for a single pod would block its node from being drained.
    if replicas(function) > 1 {
        rules.push(budget(function));
    }
    rules
}

/// Scales by the CPU usage of `containers`.
fn by_load(function: &Function, containers: &[&str], behavior: Option<&Value>) -> Value {
    let metrics: Vec<_> = containers.iter().map(|container| processors(container)).collect();
    let mut rule = json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(&function.name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": function.name},
            "minReplicas": replicas(function),
            "maxReplicas": MAX_REPLICAS,
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

/// Scales by the messages in the function's subscriptions, which have its name.
fn by_backlog(function: &Function, topics: &[String]) -> Value {
    let triggers: Vec<_> = topics.iter().map(|topic| backlog(function, topic)).collect();
    json!({
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata(&function.name),
        "spec": {
            "scaleTargetRef": {"name": function.name},
            "minReplicaCount": replicas(function),
            "maxReplicaCount": MAX_REPLICAS,
            "pollingInterval": 10,
            "cooldownPeriod": 300,
            "triggers": triggers
        }
    })
}

fn backlog(function: &Function, topic: &str) -> Value {
    json!({
        "type": "azure-servicebus",
        "metadata": {
            "namespace": "${SERVICE_BUS}",
            "topicName": topic,
            "subscriptionName": function.name,
            "messageCount": "5"
        },
        "authenticationRef": {"name": function.name}
    })
}

/// The scaler uses the function's own identity, which can read only its subscriptions.
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
            // A pod that does not become ready does not block its node.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": pods(function)}
        }
    })
}
