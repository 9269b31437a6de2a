//! The resources of the manifests.

use generate::Generated;
use generate::aks::manifests;
use generate::workspace::functions;
use serde::Deserialize;
use serde_json::{Value, json};

/// The namespace of the proxies that accept requests from outside.
pub(super) const EDGE: &str = "saga-shop-edge";

/// The generated files.
pub(super) fn resources() -> Vec<Value> {
    let parse = |file: Generated| {
        let documents = serde_norway::Deserializer::from_str(&file.text);
        documents.map(|it| Value::deserialize(it).expect("it is YAML")).collect::<Vec<_>>()
    };
    let is_manifest = |file: &Generated| !file.path.ends_with("/identities.tsv");
    manifests(&functions()).into_iter().filter(is_manifest).flat_map(parse).collect()
}

pub(super) fn of_kind(kind: &str) -> Vec<Value> {
    resources().into_iter().filter(|resource| resource["kind"] == kind).collect()
}

pub(super) fn policy(namespace: &str, name: &str) -> Value {
    let metadata = (json!(namespace), json!(name));
    let is = |it: &Value| {
        (it["metadata"]["namespace"].clone(), it["metadata"]["name"].clone()) == metadata
    };
    let policy = of_kind("NetworkPolicy").into_iter().find(is);
    policy.unwrap_or_else(|| panic!("{namespace} has no policy {name}"))["spec"].clone()
}

pub(super) fn names(kind: &str) -> Vec<Value> {
    of_kind(kind).into_iter().map(|resource| resource["metadata"]["name"].clone()).collect()
}

pub(super) fn named<'a>(resources: &'a [Value], name: &str) -> &'a Value {
    let found = resources.iter().find(|resource| resource["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("there is no {name}"))
}

pub(super) fn text_of(value: &Value, pointer: &str) -> String {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("{pointer} is missing: {value}")).to_owned()
}
