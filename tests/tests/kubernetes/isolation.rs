//! Who reaches what: from another namespace, only the gateway.

use crate::deployment::SHOP;
use crate::node::Node;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;
use tests::system::wait::until;

/// The time within which the probe has tried all addresses.
const PROBED_WITHIN: Duration = Duration::from_mins(2);

/// The ports of sidecars: their APIs, that of other sidecars, and metrics.
const SIDECAR: [u64; 4] = [3500, 50_001, 50_002, 9090];

/// How every address is tried: again when it refuses, as policies take a moment to admit a new pod.
const CURL: &str = "--silent --parallel --parallel-max 100 --connect-timeout 3 --max-time 5 --retry 3 --retry-delay 2 \
                    --retry-connrefused";

/// Tries every port of every pod of the shop from another namespace, and as a control some from the shop's own.
pub(crate) async fn only_the_gateway_answers(node: &Node) {
    let pods = node.kubectl(&["get", "pods", "--namespace", SHOP, "--output=json"]);
    let pods: Value = serde_json::from_str(&pods).expect("it is JSON");
    let pods = pods["items"].as_array().expect("a list has items");
    let all: Vec<_> = pods.iter().flat_map(ports).collect();
    assert!(all.len() > 100, "{all:?}");
    let gateway = all.iter().filter(|(pod, _)| pod.starts_with("gateway 8000"));
    let gateway: BTreeSet<_> = gateway.map(|(_, address)| address.clone()).collect();
    assert_eq!(connected(node, "default", &all).await, gateway);

    let inner = all.iter().filter(|(port, _)| port == "redis 6379" || port == "stock 50002");
    let inner: Vec<_> = inner.cloned().collect();
    let addresses = inner.iter().map(|(_, address)| address.clone()).collect();
    assert_eq!(connected(node, SHOP, &inner).await, addresses);
}

/// The ports of a pod, by its name and the port, each with its address.
fn ports(pod: &Value) -> Vec<(String, String)> {
    let name = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().expect("it has a name");
    let address = pod["status"]["podIP"].as_str().expect("it runs");
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let own = containers.filter_map(|container| container["ports"].as_array()).flatten();
    let own = own.filter_map(|port| port["containerPort"].as_u64());
    let ports: BTreeSet<_> = own.chain(SIDECAR).collect();
    ports.into_iter().map(|port| (format!("{name} {port}"), format!("{address}:{port}"))).collect()
}

/// The addresses to which a pod in `namespace` can connect. It has the label of the shop's pods.
async fn connected(node: &Node, namespace: &str, ports: &[(String, String)]) -> BTreeSet<String> {
    apply(node, &probe(namespace, &curl(ports)));
    let in_namespace = ["--namespace", namespace];
    let phase = ["get", "pod/probe", "--output=jsonpath={.status.phase}"];
    until("the probe has ended", PROBED_WITHIN, async || {
        let phase = node.kubectl(&[&phase[..], &in_namespace].concat());
        ["Succeeded", "Failed"].contains(&phase.as_str()).then_some(())
    })
    .await;
    let log = node.kubectl(&[&["logs", "pod/probe"], &in_namespace[..]].concat());
    node.kubectl(&[&["delete", "pod/probe"], &in_namespace[..]].concat());
    log.lines().filter_map(connection).collect()
}

/// The arguments of curl, which writes each address with the seconds after which it was connected.
fn curl(ports: &[(String, String)]) -> Vec<String> {
    let mut arguments: Vec<_> = CURL.split(' ').map(str::to_owned).collect();
    arguments.extend(["--write-out".to_owned(), "%{url} %{time_connect}\\n".to_owned()]);
    for (_, address) in ports {
        let url = format!("http://{address}");
        arguments.extend(["--output".to_owned(), "/dev/null".to_owned(), url]);
    }
    arguments
}

/// The address in a line of curl, unless it was never connected.
fn connection(line: &str) -> Option<String> {
    let (url, seconds) = line.split_once(' ')?;
    let is_connected = seconds.parse().is_ok_and(|seconds: f64| seconds > 0.0);
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    is_connected.then(|| address.to_owned())
}

fn probe(namespace: &str, arguments: &[String]) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "probe", "namespace": namespace, "labels": {"app.kubernetes.io/part-of": SHOP}
        },
        "spec": {
            "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "probe",
                "image": "localhost/probe:1",
                "imagePullPolicy": "Never",
                "args": arguments,
                "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}
                }
            }]
        }
    })
}

fn apply(node: &Node, resource: &Value) {
    let file = node.folder().join("applied.json");
    fs::write(&file, resource.to_string()).expect("the folder is there");
    node.kubectl(&["apply", "--filename", &file.to_string_lossy()]);
}
