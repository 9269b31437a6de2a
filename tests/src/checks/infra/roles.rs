//! Who may do what: each role is given to one identity, on as little as it needs.

use super::Tree;
use super::modules::{Rules, missing};
use super::text::unsaid;

const ACR_PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
const BUS_SENDER: &str = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";
const BUS_RECEIVER: &str = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const SECRETS_OFFICER: &str = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
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
            (
                "resource mayPublish ",
                &[
                    "if (!contains(foreignTopics, name))",
                    "scope: topic[i]",
                    "roleDefinitionId: sender",
                ],
            ),
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
            ("var secretsOfficer ", &[SECRETS_OFFICER]),
            ("resource mayReadPayment ", &["scope: currentKey", "roleDefinitionId: secretsUser"]),
            ("resource mayReadPrevious ", &["scope: previousKey", "roleDefinitionId: secretsUser"]),
            (
                "resource mayRotatePayment ",
                &[
                    "for principalId in managerPrincipalIds: {",
                    "scope: currentKey",
                    "roleDefinitionId: secretsOfficer",
                ],
            ),
            (
                "resource mayRotatePrevious ",
                &[
                    "for principalId in managerPrincipalIds: {",
                    "scope: previousKey",
                    "roleDefinitionId: secretsOfficer",
                ],
            ),
            ("resource mayReadMail ", &["scope: mail", "roleDefinitionId: secretsUser"]),
            // `ports::API_KEY` and `ports::PREVIOUS_API_KEY`.
            ("resource payment ", &["name: 'payment-api-key'\n"]),
            ("resource currentKey ", &["name: 'payment-api-key'\n"]),
            ("resource previous ", &["name: 'payment-api-key-previous'\n"]),
            ("resource previousKey ", &["name: 'payment-api-key-previous'\n"]),
        ],
    ),
    (
        "infra/rotation.bicep",
        &[
            ("var sender ", &[BUS_SENDER]),
            (
                "resource mayTell ",
                &[
                    "scope: topic[i]",
                    "roleDefinitionId: sender",
                    "principalId: events.identity.principalId",
                ],
            ),
        ],
    ),
];

pub(super) fn wrong_roles(tree: &Tree) -> Vec<String> {
    let mut wrong: Vec<_> =
        ROLES.iter().flat_map(|(path, rules)| missing(tree, path, rules)).collect();
    let names = [
        "pub const API_KEY: &str = \"payment-api-key\"",
        "PREVIOUS_API_KEY: &str = \"payment-api-key-previous\"",
    ];
    wrong.extend(unsaid("keys.rs", tree.text("shared/src/ports/keys.rs"), &names));
    wrong
}
