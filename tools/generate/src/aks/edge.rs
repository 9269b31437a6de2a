//! The namespace, and the ways into it: from outside to public functions alone, and from sidecar to
//! sidecar.

use super::{SHOP, metadata, pods};
use local::manifest::{Function, Ingress};
use serde_json::{Value, json};

/// The port on which sidecars talk to each other, under mutual TLS.
const SIDECAR_PORT: u16 = 50_002;

/// Whether a function is reachable from outside.
pub(super) fn is_public(function: &Function) -> bool {
    function.manifest.ingress == Ingress::External
}

/// The namespace, closed but for its sidecars among each other.
pub(super) fn shop() -> Vec<Value> {
    let of_shop = json!({"matchLabels": {"app.kubernetes.io/part-of": SHOP}});
    let sidecars = json!([{
        "from": [{"podSelector": of_shop}],
        "ports": [{"protocol": "TCP", "port": SIDECAR_PORT}]
    }]);
    vec![
        namespace(),
        policy("closed", &json!({}), &json!([])),
        policy("sidecars", &of_shop, &sidecars),
    ]
}

fn namespace() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": SHOP,
            "labels": {
                "app.kubernetes.io/part-of": SHOP,
                "pod-security.kubernetes.io/enforce": "restricted"
            }
        }
    })
}

/// What leads from outside to a function, if it is public.
pub(super) fn door(function: &Function) -> Vec<Value> {
    if !is_public(function) {
        return Vec::new();
    }
    let from_outside = json!([{"ports": [{"protocol": "TCP", "port": function.manifest.port}]}]);
    let selector = json!({"matchLabels": pods(function)});
    vec![service(function), ingress(function), policy(&function.name, &selector, &from_outside)]
}

fn service(function: &Function) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(&function.name),
        "spec": {
            "type": "ClusterIP",
            "selector": pods(function),
            "ports": [{"name": "http", "port": 80, "targetPort": "http"}]
        }
    })
}

/// TLS ends here: tokens and addresses do not cross the internet in the clear.
fn ingress(function: &Function) -> Value {
    let backend = json!({"service": {"name": function.name, "port": {"name": "http"}}});
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata(&function.name),
        "spec": {
            "ingressClassName": "${INGRESS_CLASS}",
            "tls": [{"hosts": ["${GATEWAY_HOST}"], "secretName": "gateway-tls"}],
            "rules": [{
                "host": "${GATEWAY_HOST}",
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}
            }]
        }
    })
}

/// Lets in what `ingress` says, and nothing else but for other policies. Probes come from the node
/// and are never kept out.
fn policy(name: &str, pods: &Value, ingress: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name),
        "spec": {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": ingress}
    })
}
