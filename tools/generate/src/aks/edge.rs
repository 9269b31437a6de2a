//! The namespaces and their ingress: from outside to public functions only.

use super::{SHOP, metadata, metadata_in, pods};
use local::manifest::{Function, Ingress};
use serde_json::{Value, json};

/// The namespace of the Gateways' proxies. It is not the shop's: the proxies set no seccomp profile, which
/// `restricted` requires
/// ([Istio](https://github.com/istio/istio/issues/56383)).
const EDGE: &str = "saga-shop-edge";

/// The secret in [`EDGE`] that holds the public API's certificate and its key.
const CERTIFICATE: &str = "gateway-tls";

/// The port on which sidecars expose their metrics.
pub(super) const METRICS_PORT: u16 = 9090;

/// The port of the service in front of a public function.
const HTTP: u16 = 80;

/// The port of HTTPS, of both the Gateway's listener and its proxies.
const HTTPS: u16 = 443;

/// Whether a function is reachable from outside.
pub(super) fn is_public(function: &Function) -> bool {
    function.manifest.ingress == Ingress::External
}

/// The namespaces, closed except for the collection of the sidecars' metrics.
pub(super) fn shop() -> Vec<Value> {
    let of_shop = json!({"matchLabels": {"app.kubernetes.io/part-of": SHOP}});
    let scraper = json!({"namespaceSelector": named("${METRICS_NAMESPACE}")});
    vec![
        namespace(SHOP, "restricted"),
        policy(SHOP, "closed", &json!({}), &json!([])),
        policy(SHOP, "metrics", &of_shop, &from(&scraper, METRICS_PORT)),
        namespace(EDGE, "baseline"),
        policy(EDGE, "closed", &json!({}), &json!([])),
    ]
}

fn namespace(name: &str, pods_are: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {
                "app.kubernetes.io/part-of": SHOP,
                "pod-security.kubernetes.io/enforce": pods_are
            }
        }
    })
}

/// Selects a namespace by its name.
fn named(namespace: &str) -> Value {
    json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}})
}

/// The resources that route requests from outside to a function, if it is public.
pub(super) fn ingress(function: &Function) -> Vec<Value> {
    if !is_public(function) {
        return Vec::new();
    }
    let name = &function.name;
    let proxies = json!({"matchLabels": {"gateway.networking.k8s.io/gateway-name": name}});
    let proxy = json!({"namespaceSelector": named(EDGE), "podSelector": proxies});
    let inside = from(&proxy, function.manifest.port);
    let outside = json!([{"ports": [{"protocol": "TCP", "port": HTTPS}]}]);
    vec![
        service(function),
        gateway(name),
        route(name),
        policy(SHOP, name, &json!({"matchLabels": pods(function)}), &inside),
        policy(EDGE, name, &proxies, &outside),
    ]
}

fn service(function: &Function) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(&function.name),
        "spec": {
            "type": "ClusterIP",
            "selector": pods(function),
            "ports": [{"name": "http", "port": HTTP, "targetPort": "http"}]
        }
    })
}

/// Terminates TLS: tokens and addresses do not cross the internet unencrypted.
fn gateway(name: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": metadata_in(EDGE, name),
        "spec": {
            "gatewayClassName": "${GATEWAY_CLASS}",
            "listeners": [{
                "name": "https",
                "protocol": "HTTPS",
                "port": HTTPS,
                "hostname": "${GATEWAY_HOST}",
                "tls": {"mode": "Terminate", "certificateRefs": [{"name": CERTIFICATE}]},
                "allowedRoutes": {"namespaces": {"from": "Selector", "selector": named(SHOP)}}
            }]
        }
    })
}

fn route(name: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": metadata(name),
        "spec": {
            "parentRefs": [{"namespace": EDGE, "name": name, "sectionName": "https"}],
            "hostnames": ["${GATEWAY_HOST}"],
            "rules": [{
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [{"name": name, "port": HTTP}]
            }]
        }
    })
}

/// Allows traffic from `peer` to `port`.
pub(super) fn from(peer: &Value, port: u16) -> Value {
    json!([{"from": [peer], "ports": [{"protocol": "TCP", "port": port}]}])
}

/// Allows `ingress`, and nothing else unless another policy does. Probes come from the node and are
/// always allowed.
pub(super) fn policy(namespace: &str, name: &str, pods: &Value, ingress: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata_in(namespace, name),
        "spec": {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": ingress}
    })
}
