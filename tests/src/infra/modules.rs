//! The modules: that `main.bicep` loops over every function, and what it makes for each.

use super::Tree;
use super::text::{declaration, unsaid};

/// For each of these declarations, what it must say.
type Rules = &'static [(&'static str, &'static [&'static str])];

const MAIN: Rules = &[
    ("param functions ", &["loadJsonContent('functions.json')"]),
    ("param components ", &["loadJsonContent('components.json')"]),
    ("var subscribers ", &["filter(functions, function => function.kind == 'event')"]),
    ("var topics ", &["union(map(subscribers, function => function.topic), [])"]),
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
        &["topics: topics", "for subscriber in subscribers: {", "function: subscriber.name"],
    ),
    ("module state ", &["for store in stores: {", "name: store.name"]),
    ("module daprComponents ", &["for component in there: {", "component: component"]),
    (
        "module apps ",
        &[
            "for function in deployed: if (!empty(imageTag)) {",
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

fn missing(tree: &Tree, path: &str, rules: &[(&str, &[&str])]) -> Vec<String> {
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

pub(super) fn wrong_messaging(tree: &Tree) -> Vec<String> {
    let mut wrong = missing(tree, "infra/messaging.bicep", MESSAGING);
    let named = ["format!(\"{}-{function}-dead\", topic.name())"];
    wrong.extend(unsaid("delivery.rs", tree.text("shared/src/http/delivery.rs"), &named));
    wrong.extend(missing(tree, "infra/component.bicep", POLICIES));
    let local = tree.text("components/local/resiliency.yaml");
    wrong.extend(unsaid("resiliency.yaml", local, &LOCAL_POLICIES));
    wrong
}

const STATE: Rules = &[(
    "resource container ",
    &[
        "for entry in containers: {",
        "name: entry.name",
        "paths: ['/partitionKey']",
        // Without it what has a TTL stays.
        "defaultTtl: -1",
    ],
)];

pub(super) fn wrong_state(tree: &Tree) -> Vec<String> {
    missing(tree, "infra/state.bicep", STATE)
}

const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const BUS_SENDER: &str = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
const BUS_RECEIVER: &str = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const DATA_CONTRIBUTOR: &str = "00000000-0000-0000-0000-000000000002";

/// Each role, and on how little it is given.
const ROLES: &[(&str, Rules)] = &[
    (
        "infra/registry.bicep",
        &[("var acrPull ", &[ACR_PULL]), ("resource mayPull ", &["roleDefinitionId: acrPull"])],
    ),
    (
        "infra/messaging.bicep",
        &[
            ("var sender ", &[BUS_SENDER]),
            ("var receiver ", &[BUS_RECEIVER]),
            ("resource mayPublish ", &["scope: topic[i]", "roleDefinitionId: sender"]),
            ("resource mayBury ", &["scope: deadTopic[i]", "roleDefinitionId: sender"]),
            ("resource mayReceive ", &["scope: subscription[i]", "roleDefinitionId: receiver"]),
            ("resource mayCount ", &["scope: subscription[i]", "roleDefinitionId: receiver"]),
        ],
    ),
    (
        "infra/state.bicep",
        &[
            ("var contributor ", &[DATA_CONTRIBUTOR]),
            (
                "resource mayKeep ",
                &["scope: '${account.id}/dbs/${database.name}/colls/${entry.name}'"],
            ),
        ],
    ),
    (
        "infra/secrets.bicep",
        &[
            ("var secretsUser ", &[SECRETS_USER]),
            ("resource mayReadPayment ", &["scope: payment", "roleDefinitionId: secretsUser"]),
            ("resource mayReadMail ", &["scope: mail", "roleDefinitionId: secretsUser"]),
            // `ports::API_KEY`.
            ("resource payment ", &["name: 'payment-api-key'"]),
        ],
    ),
];

pub(super) fn wrong_roles(tree: &Tree) -> Vec<String> {
    let mut wrong: Vec<_> =
        ROLES.iter().flat_map(|(path, rules)| missing(tree, path, rules)).collect();
    let name = ["API_KEY: &str = \"payment-api-key\""];
    wrong.extend(unsaid("keys.rs", tree.text("shared/src/ports/keys.rs"), &name));
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
