//! Who may call whom on Kubernetes. The system tests show what Dapr makes of the configurations.

use super::resources::{named, names, of_kind};
use generate::calls::{callers, calls};
use generate::workspace::functions;
use local::manifest::Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn every_sidecar_denies_what_no_manifest_lists() {
    let configurations = of_kind("Configuration");
    assert_eq!(configurations.len(), functions().len());
    let mut listed = BTreeSet::new();
    for function in functions() {
        let access = &named(&configurations, &function.name)["spec"]["accessControl"];
        assert_eq!(access["defaultAction"], "deny");
        for policy in access["policies"].as_array().unwrap() {
            let is = ["defaultAction", "namespace", "trustDomain"].map(|key| &policy[key]);
            assert_eq!(is, [&json!("deny"), &json!("saga-shop"), &access["trustDomain"]]);
            listed.insert((policy["appId"].as_str().unwrap().to_owned(), function.name.clone()));
            for operation in policy["operations"].as_array().unwrap() {
                let methods = operation["httpVerb"].as_array().unwrap();
                assert!(!methods.is_empty() && !methods.contains(&json!("*")), "{operation}");
                assert_eq!(operation["action"], "allow");
            }
        }
    }
    let pairs = calls(&functions()).into_iter().map(|call| (call.caller, call.callee));
    assert_eq!(listed, pairs.collect());
}

#[test]
fn a_sidecar_is_connected_to_only_by_those_that_call_its_function() {
    let (pods, functions) = (of_kind("Deployment"), functions());
    let labels = |name: &str| &named(&pods, name)["spec"]["template"]["metadata"]["labels"];
    let policies = of_kind("NetworkPolicy");
    for callee in &functions {
        let expected = callers(callee, &functions);
        let admitted = functions.iter().filter(|caller| {
            policies
                .iter()
                .any(|it| admits(&it["spec"], labels(&caller.name), labels(&callee.name)))
        });
        let admitted: Vec<_> = admitted.map(|caller| caller.name.as_str()).collect();
        assert_eq!(admitted, expected, "{}", callee.name);
    }
}

/// Whether a policy of the shop's namespace admits one pod to the port of another's sidecar.
fn admits(policy: &Value, from: &Value, to: &Value) -> bool {
    let to_sidecar = |rule: &Value| {
        let ports = rule["ports"].as_array().into_iter().flatten();
        ports.into_iter().any(|port| port["port"] == 50_002)
    };
    let is_peer = |peer: &Value| {
        peer.get("namespaceSelector").is_none() && selects(&peer["podSelector"], from)
    };
    let admits = |rule: &Value| {
        to_sidecar(rule) && rule["from"].as_array().into_iter().flatten().any(is_peer)
    };
    let mut rules = policy["ingress"].as_array().into_iter().flatten();
    selects(&policy["podSelector"], to) && rules.any(admits)
}

/// Whether a selector selects a pod with these labels.
fn selects(selector: &Value, labels: &Value) -> bool {
    let mut exact = selector["matchLabels"].as_object().into_iter().flatten();
    let mut sets = selector["matchExpressions"].as_array().into_iter().flatten();
    exact.all(|(label, value)| labels[label] == *value)
        && sets.all(|set| {
            assert_eq!(set["operator"], "In");
            let label = &labels[set["key"].as_str().unwrap_or_default()];
            set["values"].as_array().is_some_and(|values| values.contains(label))
        })
}

#[test]
fn workflows_are_operated_only_by_their_host() {
    let hosts = functions().into_iter().filter(|it| it.manifest.kind == Kind::Workflow);
    let hosts: Vec<_> = hosts.map(|function| Value::from(function.name)).collect();
    assert_eq!(names("WorkflowAccessPolicy"), hosts);
    for policy in of_kind("WorkflowAccessPolicy") {
        assert_eq!(policy["scopes"], json!([policy["metadata"]["name"]]));
        assert_eq!(policy["spec"], json!({"rules": []}));
    }
}
