//! How the payment key is replaced: that who rotates it is told, and that no deployment undoes it.

use super::Tree;
use super::modules::{Rules, missing};

/// The key is given once; what is there later may be a newer one.
const KEYS: Rules = &[
    ("resource payment ", &["= if (!empty(paymentApiKey)) {", "exp: paymentKeyExpires"]),
    ("resource previous ", &["= if (!empty(paymentApiKey)) {"]),
    ("resource currentKey ", &[" existing = {"]),
    ("resource previousKey ", &[" existing = {"]),
];

pub(super) fn overwritten_keys(tree: &Tree) -> Vec<String> {
    let mut wrong = missing(tree, "infra/secrets.bicep", KEYS);
    wrong.extend(missing(tree, "infra/main.bicep", &[("param paymentApiKey ", &["= ''"])]));
    let clocks = tree.files("infra/", ".bicep").filter(|(_, text)| text.contains("= utcNow("));
    wrong.extend(clocks.map(|(path, _)| format!("{path}: another value with each deployment")));
    wrong
}

const EVENTS: Rules = &[
    ("resource topic ", &["for manager in managers: {", "name: manager.topic"]),
    ("resource events ", &["source: vault.id", "topicType: 'Microsoft.KeyVault.vaults'"]),
    (
        "resource nearExpiry ",
        &[
            "for (manager, i) in managers: {",
            "eventDeliverySchema: 'CloudEventSchemaV1_0'",
            "includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry']",
            "operatorType: 'StringIn', key: 'subject', values: ['payment-api-key']",
            "identity: { type: 'SystemAssigned' }",
            "resourceId: topic[i].id",
            "maxDeliveryAttempts: ",
            "eventTimeToLiveInMinutes: ",
            "dependsOn: [mayTell]",
        ],
    ),
];

/// What a function that manages secrets has beside the others: its own identity, and where the vault is.
const APPS: Rules = &[(
    "module apps ",
    &[
        "contains(managerNames, function.name)",
        "name: 'KEY_VAULT_URL', value: secrets.outputs.uri",
        "name: 'AZURE_CLIENT_ID', value: functionIdentities[indexOf(functionNames, function.name)].outputs.clientId",
    ],
)];

pub(super) fn untold_managers(tree: &Tree) -> Vec<String> {
    let mut wrong = missing(tree, "infra/rotation.bicep", EVENTS);
    wrong.extend(missing(tree, "infra/main.bicep", APPS));
    let identity = &["lifecycle: contains(function, 'manages') ? 'Main' : 'None'"][..];
    wrong.extend(missing(tree, "infra/function.bicep", &[("resource app ", identity)]));
    let dropped = &["scopes: [secretEventsId]", "metricName: 'DroppedEventCount'"][..];
    wrong.extend(missing(tree, "infra/alerts.bicep", &[("resource untold ", dropped)]));
    wrong
}
