//! Documents and messages: that they have somewhere to go, and that access needs an identity.

use super::Tree;
use super::components::components;
use super::snapshot::{Snapshot, last, list, text};
use super::text::unsaid;
use generate::azure::FOLDER;
use generate::components::{self as local, Component};
use serde_json::{Value, json};

const TOPIC: &str = "Microsoft.ServiceBus/namespaces/topics";
const SUBSCRIPTION: &str = "Microsoft.ServiceBus/namespaces/topics/subscriptions";

/// What each resource of a type must be set to: pointers below `properties`, and their values.
type Wanted = (&'static str, &'static [(&'static str, Value)]);

/// Which of `wanted` the resource does not have.
fn unset(resource: &Value, wanted: &[(&str, Value)]) -> Vec<String> {
    let name = text(resource, "/name");
    let differs = |(pointer, value): &&(&str, Value)| {
        resource.pointer(&format!("/properties{pointer}")) != Some(value)
    };
    let unset = wanted.iter().filter(differs);
    unset.map(|(pointer, value)| format!("{name}: {pointer} is not {value}")).collect()
}

/// The components that keep state.
pub(super) fn stores(tree: &Tree) -> Vec<String> {
    let components = components(tree, FOLDER).into_iter();
    let stores = components.filter(|it| it.yaml["spec"]["type"] == "state.azure.cosmosdb");
    stores.map(|component| component.name).collect()
}

/// Dapr asks for a consistency weaker than the account's, which then applies.
const CONSISTENCY: [&str; 1] =
    ["const CONSISTENCY: StateConsistency = StateConsistency::ConsistencyUnspecified;"];

pub(super) fn weak_reads(tree: &Tree) -> Vec<String> {
    unsaid("state.rs", tree.text("shared/src/sidecar/state.rs"), &CONSISTENCY)
}

pub(super) fn wrong_state(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let account = [("/consistencyPolicy/defaultConsistencyLevel", json!("Strong"))];
    let mut wrong = unset(snapshot.one("Microsoft.DocumentDB/databaseAccounts"), &account);
    let container = |store: &str| {
        [
            ("/resource/partitionKey/paths", json!(["/partitionKey"])),
            // Without one, what has a TTL stays.
            ("/resource/defaultTtl", json!(life(store))),
        ]
    };
    let kind = "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers";
    wrong.extend(stores(tree).into_iter().flat_map(|store| match snapshot.named(kind, &store) {
        Some(found) => unset(found, &container(&store)),
        None => vec![format!("there is no container {store}")],
    }));
    wrong
}

/// How long a container keeps what does not say itself how long, in seconds; -1: for good.
fn life(store: &str) -> i64 {
    const DAY: i64 = 86_400;
    // The longest saga: undos are tried for a day, forward steps for less than a quarter of an hour.
    const LONGEST_SAGA: i64 = 26 * 3_600;
    let whole_days = |seconds: i64| (seconds + DAY - 1) / DAY * DAY;
    match store {
        "inbox" => 7 * DAY,
        // Of items of a workflow that runs, too.
        "workflow-store" => whole_days(7 * DAY + LONGEST_SAGA),
        _ => -1,
    }
}

/// Components that keep something and whose file does not say for how long.
pub(super) fn unstated_lives(tree: &Tree) -> Vec<String> {
    let keeps = |it: &Component| {
        let kind = it.yaml["spec"]["type"].as_str().unwrap_or_default();
        kind.starts_with("state.") || kind.starts_with("pubsub.")
    };
    let all = [FOLDER, local::FOLDER].into_iter().flat_map(|folder| components(tree, folder));
    let unstated = all.filter(|it| {
        keeps(it) && !it.text.starts_with("# Kept: ") && !it.text.contains("\n# Kept: ")
    });
    unstated.map(|it| format!("{} does not say how long it keeps what it keeps", it.path)).collect()
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
            (SUBSCRIPTION, format!("{dead}/dead-letters")),
        ];
        let there = |kind, name: &str| {
            snapshot.of(kind).any(|it| text(it, "/name").ends_with(&format!("/{name}")))
        };
        let missing = wanted.iter().filter(|(kind, name)| !there(kind, name));
        wrong.extend(missing.map(|(_, name)| format!("there is no {name}")));
        wrong.extend(undetected(snapshot, topic));
    }
    wrong.extend(wrong_policies(tree, snapshot));
    wrong
}

/// What is published again because the answer was lost is taken once; what is not taken is kept.
fn undetected(snapshot: &Snapshot, topic: &str) -> Vec<String> {
    let once = [("/requiresDuplicateDetection", json!(true))];
    let kept = [("/deadLetteringOnMessageExpiration", json!(true))];
    let topics = snapshot.named(TOPIC, topic).into_iter();
    let subscriptions = snapshot.of(SUBSCRIPTION);
    let of_topic = subscriptions.filter(|it| text(it, "/name").contains(&format!("/{topic}/")));
    let repeats = topics.flat_map(|found| unset(found, &once));
    repeats.chain(of_topic.flat_map(|found| unset(found, &kept))).collect()
}

/// As long and as often as on this machine.
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
    wrong.extend(unsaid("resiliency.yaml", tree.text(LOCAL), &LOCAL_POLICIES));
    wrong
}

const LOCAL: &str = "components/local/resiliency.yaml";

/// What the policies say, as this machine's say it.
const LOCAL_POLICIES: [&str; 2] = ["maxRetries: 60", "maxInterval: 10s"];

/// What this project's own files say of messages: how many are taken at once, as many as from Redis,
/// and where those go that could not be processed.
pub(super) fn unnamed_dead_letters(tree: &Tree) -> Vec<String> {
    let named = ["format!(\"{}-{function}-dead\", topic.name())"];
    let mut wrong = unsaid("delivery.rs", tree.text("shared/src/sidecar/delivery.rs"), &named);
    let at_once = ["name: maxActiveMessages\nvalue: \"10\""];
    wrong.extend(unsaid("pubsub.yaml", tree.text("components/azure/pubsub.yaml"), &at_once));
    wrong
}

/// Ways in that need no identity, each shut.
pub(super) fn open_doors(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let doors: [Wanted; 5] = [
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
    doors.iter().flat_map(|(kind, wanted)| unset(snapshot.one(kind), wanted)).collect()
}

/// What is said of who did what, kept with the logs.
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
        .map(|kind| format!("{kind} logs nothing"))
        .collect()
}
