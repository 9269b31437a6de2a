//! Documents and messages: containers, topics and policies exist, and access needs an identity.

use super::Tree;
use super::components::components;
use super::snapshot::{Snapshot, last, list, text};
use super::text::missing_parts;
use generate::azure::FOLDER;
use generate::components::{self as local, Component};
use serde_json::{Value, json};

const TOPIC: &str = "Microsoft.ServiceBus/namespaces/topics";
const SUBSCRIPTION: &str = "Microsoft.ServiceBus/namespaces/topics/subscriptions";

/// What each resource of a type must be set to: pointers below `properties`, and their values.
type Wanted = (&'static str, &'static [(&'static str, Value)]);

/// A finding for each of `wanted` that the resource does not have.
fn unset(resource: &Value, wanted: &[(&str, Value)]) -> Vec<String> {
    let name = text(resource, "/name");
    let differs = |(pointer, value): &&(&str, Value)| {
        resource.pointer(&format!("/properties{pointer}")) != Some(value)
    };
    let unset = wanted.iter().filter(differs);
    unset.map(|(pointer, value)| format!("{name}: {pointer} is not {value}")).collect()
}

/// The names of the state stores.
pub(super) fn stores(tree: &Tree) -> Vec<String> {
    let components = components(tree, FOLDER).into_iter();
    let stores = components.filter(|it| it.yaml["spec"]["type"] == "state.azure.cosmosdb");
    stores.map(|component| component.name).collect()
}

/// Dapr must not set a consistency level, so that the account's applies.
const CONSISTENCY: [&str; 1] =
    ["const CONSISTENCY: StateConsistency = StateConsistency::ConsistencyUnspecified;"];

pub(super) fn weak_reads(tree: &Tree) -> Vec<String> {
    missing_parts("state.rs", tree.text("shared/src/sidecar/state.rs"), &CONSISTENCY)
}

pub(super) fn wrong_state(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let account = [("/consistencyPolicy/defaultConsistencyLevel", json!("Strong"))];
    let mut wrong = unset(snapshot.one("Microsoft.DocumentDB/databaseAccounts"), &account);
    let container = |store: &str| {
        [
            ("/resource/partitionKey/paths", json!(["/partitionKey"])),
            // Without a default, documents with a TTL do not expire.
            ("/resource/defaultTtl", json!(default_ttl(store))),
        ]
    };
    let kind = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";
    wrong.extend(stores(tree).into_iter().flat_map(|store| match snapshot.named(kind, &store) {
        Some(found) => unset(found, &container(&store)),
        None => vec![format!("there is no container {store}")],
    }));
    wrong
}

/// The lifetime of documents without a TTL of their own, in seconds; -1: unlimited.
fn default_ttl(store: &str) -> i64 {
    const DAY: i64 = 86_400;
    // Undos are retried for a day, forward steps for less than a quarter of an hour.
    const LONGEST_SAGA: i64 = 26 * 3_600;
    let whole_days = |seconds: i64| (seconds + DAY - 1) / DAY * DAY;
    match store {
        "inbox" => 7 * DAY,
        // Applies to the items of running workflows, too.
        "workflow-store" => whole_days(7 * DAY + LONGEST_SAGA),
        _ => -1,
    }
}

/// Components that store data without stating its lifetime in their file.
pub(super) fn missing_lifetimes(tree: &Tree) -> Vec<String> {
    let stores_data = |it: &Component| {
        let kind = it.yaml["spec"]["type"].as_str().unwrap_or_default();
        kind.starts_with("state.") || kind.starts_with("pubsub.")
    };
    let all = [FOLDER, local::FOLDER].into_iter().flat_map(|folder| components(tree, folder));
    let missing = all.filter(|it| {
        stores_data(it)
            && !it.text.starts_with("# Retention: ")
            && !it.text.contains("\n# Retention: ")
    });
    missing.map(|it| format!("{} does not state the lifetime of its data", it.path)).collect()
}

pub(super) fn wrong_messaging(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let published = tree.functions.iter().flat_map(|function| &function.manifest.publishes);
    let mut wrong: Vec<_> = published
        .filter(|topic| snapshot.named(TOPIC, topic).is_none())
        .map(|topic| format!("there is no {topic}"))
        .collect();
    for function in &tree.functions {
        let Some(topic) = function.manifest.topic.as_deref() else { continue };
        let dead = format!("{topic}-{}-dead", function.name);
        let wanted = [
            (TOPIC, topic.to_owned()),
            (SUBSCRIPTION, format!("{topic}/{}", function.name)),
            (TOPIC, dead.clone()),
            (SUBSCRIPTION, format!("{dead}/record-dead-letter")),
        ];
        let there = |kind, name: &str| {
            snapshot.of(kind).any(|it| text(it, "/name").ends_with(&format!("/{name}")))
        };
        let missing = wanted.iter().filter(|(kind, name)| !there(kind, name));
        wrong.extend(missing.map(|(_, name)| format!("there is no {name}")));
        wrong.extend(undetected(snapshot, topic));
        wrong.extend(abandoned(snapshot, &format!("/{topic}/{}", function.name), &dead));
    }
    wrong.extend(wrong_policies(tree, snapshot));
    wrong
}

/// Topics must detect duplicates, and subscriptions must dead-letter expired messages.
fn undetected(snapshot: &Snapshot, topic: &str) -> Vec<String> {
    let once = [("/requiresDuplicateDetection", json!(true))];
    let kept = [("/deadLetteringOnMessageExpiration", json!(true))];
    let topics = snapshot.named(TOPIC, topic).into_iter();
    let subscriptions = snapshot.of(SUBSCRIPTION);
    let of_topic = subscriptions.filter(|it| text(it, "/name").contains(&format!("/{topic}/")));
    let repeats = topics.flat_map(|found| unset(found, &once));
    repeats.chain(of_topic.flat_map(|found| unset(found, &kept))).collect()
}

/// What the broker gives up on must become a dead letter like others.
fn abandoned(snapshot: &Snapshot, subscription: &str, dead: &str) -> Vec<String> {
    let forwarded = [("/forwardDeadLetteredMessagesTo", json!(dead))];
    let mut subscriptions = snapshot.of(SUBSCRIPTION);
    let found = subscriptions.find(|it| text(it, "/name").ends_with(subscription));
    found.map(|found| unset(found, &forwarded)).unwrap_or_default()
}

/// Retry policies must be those of the local resiliency file.
fn wrong_policies(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let kind = "Microsoft.App/managedEnvironments/daprComponents/resiliencyPolicies";
    let delivery = [
        ("/inboundPolicy/httpRetryPolicy/maxRetries", json!(60)),
        ("/inboundPolicy/httpRetryPolicy/retryBackOff/maxIntervalInMilliseconds", json!(10_000)),
    ];
    let policies: [(&str, &[(&str, Value)]); 1] = [("pubsub", &delivery)];
    let deployed = |name: &str| {
        snapshot.named("Microsoft.App/managedEnvironments/daprComponents", name).is_some()
    };
    let of = |name: &str| {
        let mut found = snapshot.of(kind);
        found.find(|it| text(it, "/name").contains(&format!("/{name}/"))).unwrap_or(&Value::Null)
    };
    let there = policies.into_iter().filter(|(name, _)| deployed(name));
    let mut wrong: Vec<_> = there.flat_map(|(name, wanted)| unset(of(name), wanted)).collect();
    wrong.extend(missing_parts("resiliency.yaml", tree.text(LOCAL), &LOCAL_POLICIES));
    wrong
}

const LOCAL: &str = "components/local/resiliency.yaml";

/// The policies in the local resiliency file.
const LOCAL_POLICIES: [&str; 2] = ["maxRetries: 60", "maxInterval: 10s"];

/// The names of dead-letter topics, and the number of concurrent messages, as in this project's files.
pub(super) fn unnamed_dead_letters(tree: &Tree) -> Vec<String> {
    let named = ["format!(\"{}-{}-dead\", self.topic, self.function)"];
    let letter = tree.text("shared/src/domain/dead_letter.rs");
    let mut wrong = missing_parts("dead_letter.rs", letter, &named);
    let at_once = ["name: maxActiveMessages\nvalue: \"10\""];
    wrong.extend(missing_parts("pubsub.yaml", tree.text("components/azure/pubsub.yaml"), &at_once));
    wrong
}

/// Local authentication and public access must be disabled.
pub(super) fn local_authentication(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let settings: [Wanted; 5] = [
        ("Microsoft.ServiceBus/namespaces", &[("/disableLocalAuth", Value::Bool(true))]),
        ("Microsoft.DocumentDB/databaseAccounts", &[("/disableLocalAuth", Value::Bool(true))]),
        (
            "Microsoft.OperationalInsights/workspaces",
            &[("/features/disableLocalAuth", Value::Bool(true))],
        ),
        (
            "Microsoft.ContainerRegistry/registries",
            &[
                ("/adminUserEnabled", Value::Bool(false)),
                ("/anonymousPullEnabled", Value::Bool(false)),
            ],
        ),
        (
            "Microsoft.KeyVault/vaults",
            &[
                ("/enableRbacAuthorization", Value::Bool(true)),
                ("/enablePurgeProtection", Value::Bool(true)),
            ],
        ),
    ];
    settings.iter().flat_map(|(kind, wanted)| unset(snapshot.one(kind), wanted)).collect()
}

/// Resources whose audit logs must be collected.
const AUDITED: [&str; 4] = [
    "Microsoft.KeyVault/vaults",
    "Microsoft.ServiceBus/namespaces",
    "Microsoft.DocumentDB/databaseAccounts",
    "Microsoft.ContainerRegistry/registries",
];

pub(super) fn unaudited(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let settings: Vec<_> = snapshot.of("Microsoft.Insights/diagnosticSettings").collect();
    let audited = |kind: &&str| {
        let id = text(snapshot.one(kind), "/id");
        settings.iter().any(|setting| {
            text(setting, "/id").starts_with(&format!("{id}/providers/"))
                && last(text(setting, "/properties/workspaceId")) == "saga-shop-logs"
                && list(setting, "/properties/logs").any(|log| log["enabled"] == true)
        })
    };
    AUDITED
        .iter()
        .filter(|kind| !audited(kind))
        .map(|kind| format!("{kind} has no audit log"))
        .collect()
}
