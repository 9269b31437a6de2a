//! The manifests for Kubernetes as `deploy-aks` fills them in: every value stays text.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tests::deploy::{Sandbox, TO_AKS};

/// A name with special characters of YAML, sed and the shell.
const ODD: &str = r#"o'brien: "&\1|#$PATH"#;

#[test]
fn every_variable_of_a_container_is_text() {
    let sandbox = deployed(&[("PAYMENT_KEY_DAYS", "31"), ("PAYMENT_KEY_OVERLAP_MINUTES", "60")]);
    let deployments: Vec<_> =
        resources(&sandbox).into_iter().filter(|it| it["kind"] == "Deployment").collect();
    assert!(deployments.len() > 10);
    for deployment in &deployments {
        for variable in deployment["spec"]["template"]["spec"]["containers"][0]["env"]
            .as_array()
            .expect("a container has variables")
        {
            let value = variable.get("value");
            let is_text = value.map_or(variable["valueFrom"].is_object(), Value::is_string);
            assert!(is_text, "{}: {variable}", deployment["metadata"]["name"]);
        }
    }
    let rotation = variables(&deployments, "rotate-payment-key");
    assert_eq!(rotation["PAYMENT_KEY_DAYS"], "31");
    assert_eq!(rotation["PAYMENT_KEY_OVERLAP_MINUTES"], "60");
}

#[test]
fn a_value_that_is_filled_in_arrives_as_it_was_set() {
    let mail =
        [("MAIL_HOST", "mail"), ("MAIL_FROM", ODD), ("MAIL_USER", "true"), ("MAIL_PASSWORD", "p")];
    let sandbox = deployed(&mail);
    let resources = resources(&sandbox);
    let email =
        resources.iter().find(|it| it["kind"] == "Component" && it["metadata"]["name"] == "email");
    let settings = email.expect("there is a mail server")["spec"]["metadata"].as_array().unwrap();
    let value = |name: &str| &settings.iter().find(|it| it["name"] == name).unwrap()["value"];
    assert_eq!(*value("emailFrom"), ODD);
    assert_eq!(*value("user"), "true");
    assert_eq!(*value("port"), "587");
}

#[test]
fn traces_are_sent_only_to_the_configured_collector() {
    for (endpoint, address) in
        [("", ""), ("http://collector.telemetry:4318", "collector.telemetry:4318")]
    {
        let sandbox = deployed(&[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
        let resources = resources(&sandbox);
        assert_eq!(variables(&resources, "stock")["OTEL_EXPORTER_OTLP_ENDPOINT"], endpoint);
        let configuration = resources.iter().find(|it| it["kind"] == "Configuration").unwrap();
        assert_eq!(configuration["spec"]["tracing"]["otel"]["endpointAddress"], address);
        assert_eq!(configuration["spec"]["tracing"]["samplingRate"], "1");
    }
    let elsewhere = [("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector/v1")];
    let refused = Sandbox::new().run("deploy-aks", &TO_AKS, &elsewhere);
    assert_eq!(refused.code, Some(64), "{}", refused.text);
}

#[test]
fn the_certificate_is_where_the_gateway_expects_it() {
    let sandbox = Sandbox::new();
    let ended = sandbox.run("deploy-aks", &TO_AKS, &[]);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    let gateway = resources(&sandbox).into_iter().find(|it| it["kind"] == "Gateway").unwrap();
    let name = &gateway["spec"]["listeners"][0]["tls"]["certificateRefs"][0]["name"];
    let namespace = gateway["metadata"]["namespace"].as_str().unwrap();
    let secret =
        format!("kubectl create secret tls {} --namespace {namespace} ", name.as_str().unwrap());
    assert!(ended.called(&secret), "{:?}", ended.calls);
    assert!(ended.called(&format!("kubectl get gateway gateway --namespace {namespace} ")));
}

/// A sandbox with a deployed shop.
fn deployed(variables: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::new();
    let ended = sandbox.run("deploy-aks", &TO_AKS, variables);
    assert_eq!(ended.code, Some(0), "{}", ended.text);
    sandbox
}

/// The applied resources.
fn resources(sandbox: &Sandbox) -> Vec<Value> {
    let parsed = sandbox.manifests().into_values().flat_map(|text| {
        let documents = serde_norway::Deserializer::from_str(&text);
        documents.map(|it| Value::deserialize(it).expect("it is YAML")).collect::<Vec<_>>()
    });
    parsed.collect()
}

/// The variables of a function's container.
fn variables(resources: &[Value], function: &str) -> BTreeMap<String, Value> {
    let is = |it: &&Value| it["kind"] == "Deployment" && it["metadata"]["name"] == function;
    let deployment = resources.iter().find(is).expect("it is deployed");
    let variables = &deployment["spec"]["template"]["spec"]["containers"][0]["env"];
    let pair =
        |it: &Value| (it["name"].as_str().unwrap_or_default().to_owned(), it["value"].clone());
    variables.as_array().into_iter().flatten().map(pair).collect()
}
