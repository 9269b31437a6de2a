//! The container apps: replicas, scale rules, probes, settings.

use super::Tree;
use super::components::components;
use super::snapshot::{Snapshot, last, list, text};
use super::target::Target;
use super::text::between;
use generate::azure::FOLDER;
use local::manifest::{Function, Ingress, Kind};
use serde_json::Value;
use std::collections::BTreeSet;

pub(super) const APP: &str = "Microsoft.App/containerApps";

/// The module that reads the settings of functions: a file, and the folder of its submodules.
const SETTINGS: &str = "shared/src/host/settings";

/// The file that reads those of functions that manage secrets.
pub const ROTATION_SETTINGS: &str = "shared/src/host/settings/rotation.rs";

/// Settings that no function reads: a change creates a revision.
const UNREAD: [&str; 1] = ["COMPONENTS"];

/// Functions of this deployment: without mail those that send none; on Kubernetes none.
fn deployed<'a>(tree: &'a Tree, snapshot: &Snapshot) -> Vec<&'a Function> {
    let mails = |it: &Function| it.manifest.uses.iter().any(|component| component == "email");
    let there = |function: &&Function| match snapshot.target {
        Target::Dev => !mails(function),
        Target::Prod => true,
        Target::Aks => false,
    };
    tree.functions.iter().filter(there).collect()
}

/// The findings of `check` in each app, prefixed with its name.
fn of_each(
    tree: &Tree,
    snapshot: &Snapshot,
    check: impl Fn(&Function, &Value) -> Vec<String>,
) -> Vec<String> {
    let check = |function: &Function| {
        let name = &function.name;
        let Some(app) = snapshot.named(APP, name) else {
            return vec![format!("{name} is not deployed")];
        };
        check(function, app).into_iter().map(|why| format!("{name}: {why}")).collect()
    };
    deployed(tree, snapshot).into_iter().flat_map(check).collect()
}

/// Every function has an identity and an app, and every component exists.
pub(super) fn missing_loops(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let identity = "Microsoft.ManagedIdentity/userAssignedIdentities";
    let unidentified = tree.functions.iter().filter(|function| {
        snapshot.named(identity, &format!("saga-shop-{}", function.name)).is_none()
    });
    let mut missing: Vec<_> =
        unidentified.map(|function| format!("{} has no identity", function.name)).collect();
    missing.extend(of_each(tree, snapshot, |function, app| {
        let image = text(app, "/properties/template/containers/0/image");
        let right = format!("registry.example/{}@sha256:", function.name);
        said(!image.starts_with(&right), "its image is not the one that was given")
    }));
    let functions = deployed(tree, snapshot).len();
    let apps = snapshot.of(APP).count();
    missing.extend(said(apps != functions, &format!("{apps} apps for {functions} functions")));
    missing.extend(wrong_components(tree, snapshot));
    missing
}

fn wrong_components(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let kind = "Microsoft.App/managedEnvironments/daprComponents";
    let found: BTreeSet<_> = snapshot.of(kind).map(|it| last(text(it, "/name"))).collect();
    let components = components(tree, FOLDER);
    let there = |name: &&str| match snapshot.target {
        Target::Dev => *name != "email",
        Target::Prod => true,
        Target::Aks => false,
    };
    let names = components.iter().map(|component| component.name.as_str());
    let wanted: BTreeSet<_> = names.filter(there).collect();
    found.symmetric_difference(&wanted).map(|name| format!("the component {name}")).collect()
}

fn said(wrong: bool, why: &str) -> Vec<String> {
    if wrong { vec![why.to_owned()] } else { Vec::new() }
}

/// Hosts of actors or workflows cannot scale up from zero, and need two replicas to survive the loss of a zone.
pub(super) fn wrong_replicas(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    of_each(tree, snapshot, |function, app| {
        let least = match (function.manifest.kind, snapshot.target) {
            (Kind::Event, Target::Dev) if function.manifest.reminds_itself => 1,
            (Kind::Event, _) if function.manifest.reminds_itself => 2,
            (Kind::Event, _) | (Kind::Http, Target::Dev) => 0,
            (Kind::Workflow | Kind::Actor, Target::Dev) => 1,
            _ => 2,
        };
        let found = app.pointer("/properties/template/scale/minReplicas");
        let wrong = found.and_then(Value::as_u64) != Some(least);
        said(wrong, &format!("{found:?} replicas wait, not {least}"))
    })
}

pub(super) fn wrong_rules(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    of_each(tree, snapshot, |function, app| {
        let rules: Vec<_> = list(app, "/properties/template/scale/rules").collect();
        if function.manifest.kind == Kind::Event {
            return wrong_scalers(function, &tree.functions, app, &rules, snapshot);
        }
        let [rule] = rules.as_slice() else { return vec!["it has not one rule".to_owned()] };
        match function.manifest.kind {
            Kind::Http => said(rule["http"].is_null(), "no requests scale it"),
            Kind::Event => unreachable!("it has a rule for each topic"),
            Kind::Workflow | Kind::Actor => {
                said(text(rule, "/custom/type") != "cpu", "no load scales it")
            }
        }
    })
}

/// The messages of each topic that a function handles must scale it.
fn wrong_scalers(
    function: &Function,
    functions: &[Function],
    app: &Value,
    rules: &[&Value],
    snapshot: &Snapshot,
) -> Vec<String> {
    let topics = function.topics(functions);
    let mut wrong = said(topics.len() != rules.len(), "it has not one rule for each topic");
    let each = topics.iter().zip(rules);
    wrong.extend(each.flat_map(|(topic, rule)| wrong_scaler(function, topic, app, rule, snapshot)));
    wrong
}

/// The scaler must count the messages of an existing subscription, which Dapr names after the app id.
fn wrong_scaler(
    function: &Function,
    wanted: &str,
    app: &Value,
    rule: &Value,
    snapshot: &Snapshot,
) -> Vec<String> {
    let of = |key: &str| text(rule, &format!("/custom/metadata/{key}"));
    let (bus, topic, subscription) = (of("namespace"), of("topicName"), of("subscriptionName"));
    let name = format!("{bus}/{topic}/{subscription}");
    let mut subscriptions = snapshot.of("Microsoft.ServiceBus/namespaces/topics/subscriptions");
    let there = subscriptions.any(|it| text(it, "/name") == name);
    let own = (topic, subscription) == (wanted, text(app, "/properties/configuration/dapr/appId"));
    let mut wrong = said(!there, &format!("there is no subscription {name}"));
    wrong.extend(said(!own, "it counts the messages of another"));
    let identity = text(rule, "/custom/identity");
    let right = text(rule, "/custom/type") == "azure-servicebus"
        && last(identity) == format!("saga-shop-{}", function.name)
        && !of("messageCount").is_empty();
    wrong.extend(said(!right, "its scaler is wrong"));
    wrong
}

pub(super) fn wrong_apps(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let mut wrong = of_each(tree, snapshot, |function, app| {
        let configuration = &app["properties"]["configuration"];
        let dapr = &configuration["dapr"];
        let ported = dapr["appPort"] == function.manifest.port && dapr["appId"] == *function.name;
        let mut wrong = said(!ported, "its sidecar does not know it");
        let single = configuration["activeRevisionsMode"] == "Single";
        wrong.extend(said(!single, "two revisions would share a subscription"));
        wrong.extend(wrong_ingress(function, &configuration["ingress"]));
        wrong.extend(wrong_probes(tree, function, app));
        wrong.extend(wrong_identities(tree, function, app));
        wrong
    });
    wrong.extend(short_grace(tree, snapshot));
    wrong
}

fn wrong_ingress(function: &Function, ingress: &Value) -> Vec<String> {
    let external = function.manifest.ingress == Ingress::External;
    let right = match function.manifest.kind {
        Kind::Event => ingress.is_null(),
        Kind::Http | Kind::Workflow | Kind::Actor => {
            ingress["external"] == external && ingress["targetPort"] == function.manifest.port
        }
    };
    said(!right, "its ingress is wrong")
}

fn wrong_probes(tree: &Tree, function: &Function, app: &Value) -> Vec<String> {
    let served = tree.text("shared/src/host/router.rs");
    let probes: Vec<_> = list(app, "/properties/template/containers/0/probes").collect();
    let asked = |kind: &&str| {
        let probe = probes.iter().find(|probe| probe["type"] == **kind);
        probe.is_some_and(|probe| {
            let path = text(probe, "/httpGet/path");
            !path.is_empty()
                && served.contains(&format!("\"{path}\""))
                && probe["httpGet"]["port"] == function.manifest.port
        })
    };
    let kinds = ["Startup", "Liveness", "Readiness"];
    kinds.iter().filter(|kind| !asked(kind)).map(|kind| format!("its probe {kind}")).collect()
}

/// A function has its own identity, and those of the components that it uses.
fn wrong_identities(tree: &Tree, function: &Function, app: &Value) -> Vec<String> {
    let found = app.pointer("/identity/userAssignedIdentities").and_then(Value::as_object);
    let found: BTreeSet<_> = found.into_iter().flatten().map(|(id, _)| last(id)).collect();
    let identified = super::metadata::identified(tree);
    let uses = function.manifest.uses.iter().filter(|name| identified.contains(*name));
    let wanted: BTreeSet<_> = uses.map(|name| format!("saga-shop-component-{name}")).collect();
    let own = format!("saga-shop-{}", function.name);
    let wanted: BTreeSet<_> = wanted.iter().chain([&own]).map(String::as_str).collect();
    said(found != wanted, &format!("it has the identities {found:?}"))
}

/// The platform must wait for longer than a function waits for its sidecar and drains.
fn short_grace(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let drains = tree.files(SETTINGS, ".rs").filter_map(|(_, text)| {
        let drain = between(text, "\"DRAIN_SECONDS\",", "parse");
        drain.first().and_then(|drain| number(drain))
    });
    let drain = drains.max();
    of_each(tree, snapshot, |_, app| {
        let mut settings = list(app, "/properties/template/containers/0/env");
        let wait = settings.find(|setting| setting["name"] == "STOP_WAIT_SECONDS");
        let wait = wait.and_then(|setting| number(text(setting, "/value")));
        let grace = app.pointer("/properties/template/terminationGracePeriodSeconds");
        let grace = grace.and_then(Value::as_u64);
        let needed = drain.zip(wait).map(|(drain, wait)| drain + wait);
        let enough = needed.zip(grace).is_some_and(|(needed, grace)| grace > needed);
        said(!enough, &format!("it needs {needed:?} s to stop and is killed after {grace:?} s"))
    })
}

/// The number of the digits in `text`.
fn number(text: &str) -> Option<u64> {
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// Settings that no function reads, and required ones that are missing.
pub(super) fn unknown_settings(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let known: String = tree.files(SETTINGS, ".rs").map(|(_, text)| text).collect();
    of_each(tree, snapshot, |function, app| {
        let given = list(app, "/properties/template/containers/0/env");
        let given: BTreeSet<_> = given.map(|setting| text(setting, "/name")).collect();
        let read = |name: &&str| known.contains(&format!("name: \"{name}\""));
        let unknown = given.iter().filter(|name| !read(name) && !UNREAD.contains(*name));
        let unknown = unknown.map(|name| format!("no function reads {name}"));
        let missing = must(function).into_iter().filter(|name| !given.contains(name));
        unknown.chain(missing.map(|name| format!("{name} is not set"))).collect()
    })
}

fn must(function: &Function) -> Vec<&'static str> {
    let mut names = vec!["APP_PORT", "APP_HOST", "LOG_FORMAT"];
    if function.manifest.uses.iter().any(|name| name == "secrets") {
        names.push("PAYMENT_PROVIDER_URL");
    }
    if function.manifest.ingress == Ingress::External {
        names.extend(["OIDC_ISSUERS", "OIDC_AUDIENCES", "OIDC_CLIENT_ID", "OIDC_SCOPES"]);
    }
    if !function.manifest.manages.is_empty() {
        names.extend(["KEY_VAULT_URL", "AZURE_CLIENT_ID"]);
    }
    names
}
