//! Who may call whom, on real sidecars under mutual TLS, with what is generated for Kubernetes.

mod workflows;

use super::harness::System;
use futures::stream::{self, StreamExt};
use generate::aks::manifests;
use generate::calls::{Call, calls};
use generate::workspace::{functions, root};
use libtest_mimic::Trial;
use local::mesh::{Mesh, Options};
use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The namespace of the shop on Kubernetes.
const NAMESPACE: &str = "saga-shop";

/// How many requests are sent at the same time.
const CONCURRENT: usize = 8;

/// The longest that all operations of workflows may take.
const LIMIT: Duration = Duration::from_secs(90);

/// Where workflows keep their state. All sidecars have it, since only a policy is to keep them from operating those of
/// others.
const STORE: &str = r#"{
    "apiVersion": "dapr.io/v1alpha1",
    "kind": "Component",
    "metadata": {"name": "workflow-store"},
    "spec": {
        "type": "state.in-memory",
        "version": "v1",
        "metadata": [{"name": "actorStateStore", "value": "true"}]
    }
}"#;

/// The calls that pass or are denied contrary to the manifests.
type Violations = Vec<String>;

pub(crate) fn trials(system: &System) -> Vec<Trial> {
    vec![system.machine_trial(module_path!(), "only_listed_calls_pass", only_listed_calls_pass)]
}

async fn only_listed_calls_pass() {
    let app = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let port = app.local_addr().expect("it is bound").port();
    let app = tokio::spawn(echo(app));
    let configurations: BTreeMap<_, _> = generated("Configuration").into_iter().collect();
    let policies = generated("WorkflowAccessPolicy").into_iter().map(|(_, policy)| policy);
    let options = Options {
        workspace: &root(),
        namespace: NAMESPACE,
        configurations: &configurations,
        resources: &policies.chain([STORE.to_owned()]).collect::<Vec<_>>(),
        app: port,
    };
    let mesh = Mesh::start(&options).await.unwrap_or_else(|error| panic!("{error}"));
    let functions: Vec<_> = configurations.keys().map(String::as_str).collect();
    assert_none(&violations(&mesh, &functions).await);
    let of_workflows = timeout(LIMIT, workflows::violations(&mesh, &functions)).await;
    assert_none(&of_workflows.expect("the engine of workflows responds"));
    app.abort();
}

fn assert_none(violations: &Violations) {
    assert!(violations.is_empty(), "{}:\n{}", violations.len(), violations.join("\n"));
}

/// The generated resources of a kind, by name, as they are deployed.
fn generated(kind: &str) -> Vec<(String, String)> {
    let files = manifests(&functions()).into_iter();
    let resources = files.filter(|file| file.text.contains("kind: ")).flat_map(|file| {
        let documents = serde_norway::Deserializer::from_str(&file.text);
        documents.map(|it| Value::deserialize(it).expect("it is YAML")).collect::<Vec<_>>()
    });
    let named = |resource: Value| {
        let name = resource["metadata"]["name"].as_str().expect("it has a name");
        (name.to_owned(), resource.to_string())
    };
    resources.filter(|resource| resource["kind"] == kind).map(named).collect()
}

/// The violations when each of `functions` calls the others.
async fn violations(mesh: &Mesh, functions: &[&str]) -> Violations {
    let (allowed, http) = (calls(&self::functions()), Client::new());
    let attempts = attempts(&allowed, functions);
    assert!(attempts.len() > functions.len() * functions.len(), "{attempts:?}");
    let attempts = attempts.into_iter().map(|call| {
        let passes = allowed.contains(&call);
        violation(mesh, &http, passes, call)
    });
    stream::iter(attempts).buffer_unordered(CONCURRENT).filter_map(async |it| it).collect().await
}

/// What functions try: every function all that may be called of every other, and a route that there is not; and those
/// that may call a route, another method of it.
fn attempts(allowed: &BTreeSet<Call>, functions: &[&str]) -> BTreeSet<Call> {
    let call = |callee: &str, method: &str, path: &str| Call {
        caller: String::new(),
        callee: callee.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
    };
    let anyone = allowed.iter().map(|it| call(&it.callee, &it.method, &it.path));
    let nowhere = functions.iter().map(|callee| call(callee, "GET", "/nowhere"));
    let anything: Vec<_> = anyone.chain(nowhere).collect();
    let by_all = functions.iter().flat_map(|caller| {
        let others = anything.iter().filter(|call| call.callee != *caller);
        others.map(|call| Call { caller: (*caller).to_owned(), ..call.clone() })
    });
    let other = allowed.iter().map(|call| Call { method: "PATCH".to_owned(), ..call.clone() });
    by_all.chain(other).collect()
}

/// What is wrong with the answer to a call, if anything.
async fn violation(mesh: &Mesh, http: &Client, allowed: bool, call: Call) -> Option<String> {
    let Call { caller, callee, method, path } = &call;
    let path = sample(path);
    let url = format!("{}/v1.0/invoke/{callee}/method{path}", mesh.http_url(caller));
    let request = http.request(Method::from_bytes(method.as_bytes()).expect("it is a method"), url);
    let answer = request.send().await.expect("the sidecar responds");
    let status = answer.status();
    let text = answer.text().await.expect("the response is complete");
    let (expected, as_expected) = if allowed {
        ("reach it", status == StatusCode::OK && text == format!("{method} {path}"))
    } else {
        let denied = text.contains("access control policy has denied access");
        ("be denied", status == StatusCode::FORBIDDEN && denied)
    };
    let wrong = || format!("{caller}: {method} {callee}{path} must {expected}: {status} {text}");
    (!as_expected).then(wrong)
}

/// `path` with an id for each parameter.
fn sample(path: &str) -> String {
    let id = |segment: &str| if segment.starts_with('{') { "an-id" } else { segment }.to_owned();
    path.split('/').map(id).collect::<Vec<_>>().join("/")
}

/// Answers each request with its method and path.
async fn echo(listener: TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        tokio::spawn(answer(connection));
    }
}

async fn answer(connection: TcpStream) -> std::io::Result<()> {
    let (reader, mut writer) = connection.into_split();
    let mut lines = BufReader::new(reader).lines();
    let request = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    let asked = request.rsplit_once(' ').map_or("", |(asked, _)| asked);
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}", asked.len());
    writer.write_all(format!("{head}\r\n\r\n{asked}").as_bytes()).await
}
