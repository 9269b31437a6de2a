//! The modules: that `main.bicep` loops over every function, and what it makes for each.

use super::Tree;
use super::text::{declaration, unsaid};

/// For each of these declarations, what it must say.
pub(super) type Rules = &'static [(&'static str, &'static [&'static str])];

const MAIN: Rules = &[
    ("param functions ", &["loadJsonContent('functions.json')"]),
    ("param components ", &["loadJsonContent('components.json')"]),
    ("var subscribers ", &["filter(functions, function => function.kind == 'event')"]),
    ("var topics ", &["union(map(subscribers, function => function.topic), [])"]),
    (
        "var managers ",
        &[
            "filter(functions, function => contains(function, 'manages') && contains(function.manages, 'secrets'))",
        ],
    ),
    ("var stores ", &["filter(components, component => component.type == 'state.azure.cosmosdb')"]),
    (
        "var deployed ",
        &["filter(functions, function => hasMail || !contains(function.uses, 'email'))"],
    ),
    ("var there ", &["filter(components, component => hasMail || component.name != 'email')"]),
    (
        "var identified ",
        &["contains(map(component.metadata, entry => entry.name), 'azureClientId')"],
    ),
    ("module functionIdentities ", &["for function in functions: {"]),
    ("module componentIdentities ", &["for component in identified: {"]),
    (
        "module registry ",
        &["for (function, i) in functions: functionIdentities[i].outputs.principalId"],
    ),
    (
        "module messaging ",
        &[
            "topics: topics",
            "foreignTopics: map(managers, function => function.topic)",
            "for subscriber in subscribers: {",
            "function: subscriber.name",
        ],
    ),
    (
        "module secrets ",
        &[
            "for manager in managers: functionIdentities[indexOf(functionNames, manager.name)].outputs.principalId",
        ],
    ),
    ("module rotation ", &["if (!empty(managers))", "managers: managers"]),
    ("module state ", &["for store in stores: {", "name: store.name"]),
    ("module daprComponents ", &["for component in there: {", "component: component"]),
    (
        "module apps ",
        &[
            "for function in deployed: if (!empty(images)) {",
            "image: contains(images, function.name) ? images[function.name] : ''",
            "concat([function.name], map(intersection(function.uses, identified), component => 'component-${component}'))",
            "dependsOn: [functionIdentities, componentIdentities, daprComponents, messaging]",
        ],
    ),
    (
        "module alerts ",
        &["for subscriber in subscribers: '${subscriber.topic}-${subscriber.name}-dead'"],
    ),
];

pub(super) fn missing_loops(tree: &Tree) -> Vec<String> {
    let mut missing = missing(tree, "infra/main.bicep", MAIN);
    let component = &[(
        "resource daprComponent ",
        &["name: component.name", "componentType: component.type", "scopes: component.scopes"][..],
    )];
    missing.extend(self::missing(tree, "infra/component.bicep", component));
    missing
}

/// What the declarations of the file at `path` do not say.
pub(super) fn missing(tree: &Tree, path: &str, rules: &[(&str, &[&str])]) -> Vec<String> {
    let rules = rules.iter().map(|(opening, parts)| {
        unsaid(&format!("{path}: {opening}"), &declaration(tree.text(path), opening), parts)
    });
    rules.flatten().collect()
}

const MESSAGING: Rules = &[
    (
        "resource topic ",
        &[
            "for name in topics: {",
            "requiresDuplicateDetection: true",
            "duplicateDetectionHistoryTimeWindow: '",
        ],
    ),
    (
        "resource subscription ",
        &[
            "for entry in subscriptions: {",
            "parent: topic[indexOf(topics, entry.topic)]",
            "name: entry.function",
            "maxDeliveryCount: ",
            "deadLetteringOnMessageExpiration: true",
        ],
    ),
    // `http::delivery::dead_letter_topic`; compared below.
    (
        "resource deadTopic ",
        &["for entry in subscriptions: {", "name: '${entry.topic}-${entry.function}-dead'"],
    ),
    ("resource deadLetters ", &["for (entry, i) in subscriptions: {", "parent: deadTopic[i]"]),
];

const POLICIES: Rules = &[
    (
        "resource delivery ",
        &[
            "if (startsWith(component.type, 'pubsub.'))",
            "maxRetries: 60",
            "maxIntervalInMilliseconds: 10000",
        ],
    ),
    (
        "resource mail ",
        &["if (component.type == 'bindings.smtp')", "consecutiveErrors: 5", "timeoutInSeconds: 10"],
    ),
];

/// What [`POLICIES`] says, as this machine's policies say it.
const LOCAL_POLICIES: [&str; 4] =
    ["maxRetries: 60", "maxInterval: 10s", "trip: consecutiveFailures >= 5", "timeout: 10s"];

/// As many messages at once as Dapr takes from Redis.
const AT_ONCE: [&str; 1] = ["name: maxActiveMessages\nvalue: \"10\""];

pub(super) fn wrong_messaging(tree: &Tree) -> Vec<String> {
    let mut wrong = missing(tree, "infra/messaging.bicep", MESSAGING);
    let named = ["format!(\"{}-{function}-dead\", topic.name())"];
    wrong.extend(unsaid("delivery.rs", tree.text("shared/src/http/delivery.rs"), &named));
    wrong.extend(missing(tree, "infra/component.bicep", POLICIES));
    let local = tree.text("components/local/resiliency.yaml");
    wrong.extend(unsaid("resiliency.yaml", local, &LOCAL_POLICIES));
    wrong.extend(unsaid("pubsub.yaml", tree.text("components/azure/pubsub.yaml"), &AT_ONCE));
    wrong
}

const STATE: Rules = &[
    (
        "resource container ",
        &[
            "for entry in containers: {",
            "name: entry.name",
            "paths: ['/partitionKey']",
            // Without it what has a TTL stays.
            "defaultTtl: -1",
        ],
    ),
    ("resource account ", &["defaultConsistencyLevel: 'Strong'"]),
];

/// Weaker than the account's is whatever Dapr asks for.
const CONSISTENCY: [&str; 1] =
    ["const CONSISTENCY: StateConsistency = StateConsistency::ConsistencyUnspecified;"];

pub(super) fn wrong_state(tree: &Tree) -> Vec<String> {
    let mut wrong = missing(tree, "infra/state.bicep", STATE);
    wrong.extend(unsaid("state.rs", tree.text("shared/src/sidecar/state.rs"), &CONSISTENCY));
    wrong
}

/// Ways in that need no identity, each shut.
const DOORS: &[(&str, Rules)] = &[
    ("infra/messaging.bicep", &[("resource namespace ", &["disableLocalAuth: true"])]),
    ("infra/state.bicep", &[("resource account ", &["disableLocalAuth: true"])]),
    ("infra/environment.bicep", &[("resource workspace ", &["disableLocalAuth: true"])]),
    (
        "infra/registry.bicep",
        &[("resource registry ", &["adminUserEnabled: false", "anonymousPullEnabled: false"])],
    ),
    (
        "infra/secrets.bicep",
        &[("resource vault ", &["enableRbacAuthorization: true", "enablePurgeProtection: true"])],
    ),
];

pub(super) fn open_doors(tree: &Tree) -> Vec<String> {
    DOORS.iter().flat_map(|(path, rules)| missing(tree, path, rules)).collect()
}
