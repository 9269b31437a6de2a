//! The container apps: replicas, scale rules, probes, settings.

use super::Tree;
use super::text::{between, declaration, plain, unsaid};
use local::manifest::Kind;

const FILE: &str = "infra/function.bicep";

/// The word for a kind, in manifests and in Bicep, and its least number of replicas.
///
/// Nothing wakes a host of actors or workflows.
const fn least(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Http => ("http", "httpMinReplicas"),
        Kind::Event => ("event", "0"),
        Kind::Workflow => ("workflow", "1"),
        Kind::Actor => ("actor", "1"),
    }
}

const KINDS: [Kind; 4] = [Kind::Http, Kind::Event, Kind::Workflow, Kind::Actor];

pub(super) fn wrong_replicas(tree: &Tree) -> Vec<String> {
    let table = declaration(tree.text(FILE), "var minReplicas ");
    let rows = KINDS.map(|kind| {
        let (word, count) = least(kind);
        format!("\n{word}: {count}\n")
    });
    let mut wrong = unsaid("minReplicas", &table, &rows.each_ref().map(String::as_str));
    let used = ["minReplicas: minReplicas[function.kind]"];
    wrong.extend(unsaid("the app", &app(tree), &used));
    wrong
}

pub(super) fn wrong_rules(tree: &Tree) -> Vec<String> {
    let rules = declaration(tree.text(FILE), "var rules ");
    let [http, event] = [("http: [", "\n  ]"), ("event: [", "\n  ]")]
        .map(|(before, after)| between(&rules, before, after).concat());
    let mut wrong = unsaid("the rule of http functions", &http, &["concurrentRequests: '"]);
    let parts = [
        "type: 'azure-servicebus'",
        "identity: identityId",
        "namespace: busName",
        "topicName: contains(function, 'topic') ? function.topic : ''",
        // Dapr subscribes by the app id.
        "subscriptionName: function.name",
        "messageCount: '",
    ];
    wrong.extend(unsaid("the rule of event functions", &event, &parts));
    wrong.extend(unsaid("the app", &app(tree), &["rules: rules[function.kind]"]));
    wrong
}

/// The app's declaration.
fn app(tree: &Tree) -> String {
    declaration(tree.text(FILE), "resource app ")
}

pub(super) fn wrong_apps(tree: &Tree) -> Vec<String> {
    let parts = [
        "name: function.name",
        "appId: function.name",
        "appPort: function.port",
        "activeRevisionsMode: 'Single'",
        "ingress: function.kind == 'http' ? ingress : null",
        "httpGet: { path: '/healthz', port: function.port }",
        "httpGet: { path: '/readyz', port: function.port }",
        "type: 'Startup'",
        "type: 'Liveness'",
        "type: 'Readiness'",
        "userAssignedIdentities: identities",
        "cpu: json('",
        "env: concat(commonSettings, settings)",
    ];
    let mut wrong = unsaid("the app", &app(tree), &parts);
    let ingress = declaration(tree.text(FILE), "var ingress ");
    let parts = ["external: function.ingress == 'external'", "targetPort: function.port"];
    wrong.extend(unsaid("the ingress", &ingress, &parts));
    for path in ["/healthz", "/readyz"] {
        let served = tree.text("shared/src/host/router.rs").contains(path);
        wrong.extend((!served).then(|| format!("no function serves {path}")));
    }
    wrong.extend(short_grace(tree));
    wrong
}

/// The platform must wait for longer than a function drains.
fn short_grace(tree: &Tree) -> Option<String> {
    let drain = between(tree.text(SETTINGS), "\"DRAIN_SECONDS\",", "parse");
    let drain = drain.first().and_then(|drain| number(drain));
    let app = plain(&app(tree));
    let grace = between(&app, "terminationGracePeriodSeconds: ", "\n");
    let grace = grace.first().and_then(|grace| number(grace));
    let enough = drain.zip(grace).is_some_and(|(drain, grace)| grace > drain);
    (!enough).then(|| format!("functions drain {drain:?} s and are killed after {grace:?} s"))
}

/// The number made of the digits of `text`.
fn number(text: &str) -> Option<u32> {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// Where the settings of functions are read.
pub const SETTINGS: &str = "shared/src/host/settings.rs";

/// Where those of functions that manage secrets are read.
pub const ROTATION_SETTINGS: &str = "shared/src/host/settings/rotation.rs";

/// Settings that no function reads, and those that every app must have but has not.
pub(super) fn unknown_settings(tree: &Tree) -> Vec<String> {
    let common = declaration(tree.text(FILE), "var commonSettings ");
    let apps = declaration(tree.text("infra/main.bicep"), "module apps ");
    let mut given = between(&common, "{ name: '", "'");
    given.extend(between(&apps, "{ name: '", "'"));
    let known = [SETTINGS, ROTATION_SETTINGS].map(|path| tree.text(path)).concat();
    let unread = |name: &&&str| !known.contains(&format!("name: \"{name}\""));
    let unknown = given.iter().filter(unread);
    let must = ["APP_PORT", "APP_HOST", "LOG_FORMAT", "PAYMENT_PROVIDER_URL"];
    let missing = must.iter().filter(|name| !given.contains(name));
    let unknown = unknown.map(|name| format!("no function reads {name}"));
    unknown.chain(missing.map(|name| format!("{name} is not set"))).collect()
}
