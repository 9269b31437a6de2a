//! Traffic from outside, and outgoing traffic of sidecars other than calls.

use super::resources::{EDGE, named, names, of_kind, policy};
use generate::workspace::functions;
use local::manifest::Ingress;
use serde_json::{Value, json};

#[test]
fn only_the_gateway_is_public() {
    let public: Vec<_> = functions()
        .into_iter()
        .filter(|function| function.manifest.ingress == Ingress::External)
        .map(|function| Value::from(function.name))
        .collect();
    for kind in ["Service", "Gateway", "HTTPRoute"] {
        assert_eq!(names(kind), public, "{kind}");
    }
    let route = &of_kind("HTTPRoute")[0]["spec"];
    let parent = json!({"namespace": EDGE, "name": "gateway", "sectionName": "https"});
    assert_eq!(route["parentRefs"], json!([parent]));
    assert_eq!(route["rules"][0]["backendRefs"], json!([{"name": "gateway", "port": 80}]));
    let listeners = &of_kind("Gateway")[0]["spec"]["listeners"];
    assert_eq!((&listeners[0]["protocol"], listeners[1].is_null()), (&json!("HTTPS"), true));
    assert!(of_kind("Ingress").is_empty());
}

#[test]
fn the_namespaces_are_closed_but_for_what_must_come_in() {
    for namespace in ["saga-shop", EDGE] {
        let closed = json!({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": []});
        assert_eq!(policy(namespace, "closed"), closed);
    }
    // Only the proxies are reachable from outside, and the gateway only from them.
    let open = of_kind("NetworkPolicy").into_iter().filter(|policy| {
        policy["spec"]["ingress"].as_array().unwrap().iter().any(|rule| rule.get("from").is_none())
    });
    let open: Vec<_> = open.map(|policy| policy["metadata"]["namespace"].clone()).collect();
    assert_eq!(open, [EDGE]);
    let proxies = policy(EDGE, "gateway")["podSelector"].clone();
    let edge = json!({"matchLabels": {"kubernetes.io/metadata.name": EDGE}});
    let from = json!([{"namespaceSelector": edge, "podSelector": proxies}]);
    assert_eq!(policy("saga-shop", "gateway")["ingress"][0]["from"], from);
}

#[test]
fn the_metrics_of_every_sidecar_can_be_gathered() {
    let policy = policy("saga-shop", "metrics");
    let port = policy["ingress"][0]["ports"][0]["port"].to_string();
    for deployment in of_kind("Deployment") {
        let template = &deployment["spec"]["template"]["metadata"];
        for annotation in ["dapr.io/metrics-port", "prometheus.io/port"] {
            assert_eq!(template["annotations"][annotation], port.as_str());
        }
        let chosen = policy["podSelector"]["matchLabels"].as_object().unwrap();
        assert!(chosen.iter().all(|(label, value)| template["labels"][label] == *value));
    }
}

#[test]
fn functions_and_sidecars_are_both_traced() {
    let configurations = of_kind("Configuration");
    for deployment in of_kind("Deployment") {
        let name = deployment["metadata"]["name"].as_str().unwrap();
        let tracing = &named(&configurations, name)["spec"]["tracing"];
        let settings = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
        let value = |name: &str| {
            settings.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()["value"]
                .clone()
        };
        assert_eq!(value("OTEL_TRACES_SAMPLER_ARG"), tracing["samplingRate"]);
        assert_eq!(value("OTEL_EXPORTER_OTLP_ENDPOINT"), "${OTLP_ENDPOINT}");
        assert_eq!(tracing["otel"]["endpointAddress"], "${OTLP_ADDRESS}");
    }
}
