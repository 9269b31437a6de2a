//! Mutations of the files, and the check that must detect each: they test the checks themselves.

use super::Tree;
use super::target::Target;

/// Where a mutation is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectedIn {
    /// By the compiler, when it expands this deployment.
    Language(Target),
    /// In the snapshot of this deployment.
    Snapshot(Target),
    /// In the compiled template.
    Template,
    /// In the files, without a compiler.
    Source,
}

/// A replacement in a file, and the check that must detect it.
#[derive(Debug)]
pub struct Mutation {
    /// A description.
    pub name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    /// The check that must detect it; for the compiler, a part of its diagnostics.
    pub check: &'static str,
    /// Where it is detected.
    pub detected_in: DetectedIn,
}

impl Mutation {
    /// Applies it to `tree`.
    ///
    /// # Panics
    /// When the file does not contain the text to replace.
    pub fn apply(&self, tree: &mut Tree) {
        let text = tree.text(self.file);
        assert!(text.contains(self.right), "{}: {} has no `{}`", self.name, self.file, self.right);
        let mutated = text.replacen(self.right, self.wrong, 1);
        tree.put(self.file, mutated);
    }
}

macro_rules! mutations {
    ($($name:literal, $file:literal: $right:literal => $wrong:literal, $check:literal, $in:expr;)*) => {
        &[$(Mutation { name: $name, file: $file, right: $right, wrong: $wrong, check: $check, detected_in: $in }),*]
    };
}

const LANGUAGE: DetectedIn = DetectedIn::Language(Target::Prod);
const DEPLOYED: DetectedIn = DetectedIn::Snapshot(Target::Prod);
const DEPLOYED_AGAIN: DetectedIn = DetectedIn::Snapshot(Target::Dev);
const ON_KUBERNETES: DetectedIn = DetectedIn::Snapshot(Target::Aks);

/// The mutations: the text before `=>` is replaced by the text after it.
pub const MUTATIONS: &[Mutation] = mutations![
    "an unknown property", "infra/function.bicep":
        "activeRevisionsMode:" => "activeRevisionMode:",
        "BCP089", LANGUAGE;
    "a module's parameter that is missing", "infra/data.bicep":
        "    maxThroughput: cosmosMaxThroughput\n" => "",
        "required properties: \"maxThroughput\"", LANGUAGE;
    "a parameter of the wrong type in a parameter file", "infra/dev.bicepparam":
        "param maxReplicas = 3" => "param maxReplicas = 'three'",
        "BCP033", DetectedIn::Language(Target::Dev);
    "a value that Azure does not know", "infra/state.bicep":
        "defaultConsistencyLevel: 'Strong'" => "defaultConsistencyLevel: 'Stronger'",
        "BCP088", LANGUAGE;
    "a retention that App Insights refuses", "infra/prod.bicepparam":
        "param retentionDays = 90" => "param retentionDays = 100",
        "BCP033", LANGUAGE;
    "a parameter that is a secret only by its name", "infra/alerts.bicep":
        "param vaultEventsId string" => "param vaultEventsId string\n\n@description('Required. Another.')\nparam secretEventsId string",
        "Parameter 'secretEventsId'", LANGUAGE;
    "a scope that is missing", "components/azure/orders.yaml":
        "  - order-saga\n" => "",
        "scopes are current", DetectedIn::Source;
    "a scope too many", "components/azure/secrets.yaml":
        "  - process-payment\n" => "  - gateway\n  - process-payment\n",
        "scopes are current", DetectedIn::Source;
    "a component under another name", "components/azure/inbox.yaml":
        "name: inbox\nspec" => "name: in-box\nspec",
        "components are those of components/local", DetectedIn::Source;
    "a component changed only for Bicep", "infra/components.json":
        "\"azureAuthMethods\"" => "\"azureAuthMethod\"",
        "components.json is current", DetectedIn::Source;
    "documents that functions no longer share", "components/azure/payments.yaml":
        "    - name: keyPrefix\n      value: name\n" => "",
        "components match their local properties", DetectedIn::Source;
    "a metadata key that Dapr does not know", "components/azure/pubsub.yaml":
        "name: namespaceName" => "name: namespace",
        "component metadata is known to Dapr", DetectedIn::Source;
    "a number that is none", "components/azure/pubsub.yaml":
        "value: \"900\"" => "value: 15m",
        "component metadata is known to Dapr", DetectedIn::Source;
    "a password in a file", "components/azure/email.yaml":
        "      secretKeyRef:\n        name: mail-password\n        key: mail-password\n" => "      value: hunter2\n",
        "components hold no credentials", DetectedIn::Source;
    "one subscription for all functions", "components/azure/pubsub.yaml":
        "    - name: disableEntityManagement" => "    - name: consumerID\n      value: shop\n    - name: disableEntityManagement",
        "components reach Azure by their identity", DetectedIn::Source;
    "a component without its identity", "components/azure/stock-store.yaml":
        "    - name: azureClientId\n      value: ${CLIENT_ID}\n" => "",
        "components reach Azure by their identity", DetectedIn::Source;
    "a function that Bicep does not know of", "infra/functions.json":
        "\"name\": \"stock\"" => "\"name\": \"stocks\"",
        "functions.json is current", DetectedIn::Source;
    "reads that weaken the account's promise", "shared/src/sidecar/state.rs":
        "StateConsistency::ConsistencyUnspecified" => "StateConsistency::ConsistencyStrong",
        "state is stored where Dapr reads it", DetectedIn::Source;
    "a thousand messages at once", "components/azure/pubsub.yaml":
        "    - name: maxActiveMessages\n      value: \"10\"\n" => "",
        "messages have a destination", DetectedIn::Source;
    "an alert on the end of a line that is never logged", "infra/queries/failed-undos.kql":
        "endswith \" failed\"" => "endswith \" went wrong\"",
        "queries match what is logged", DetectedIn::Source;
    "an alert on words that are never logged", "infra/queries/dead-letters.kql":
        "a dead letter waits to be resent" => "a dead letter waited to be resent",
        "queries match what is logged", DetectedIn::Source;
    "an actor host that scales to zero", "infra/function.bicep":
        "  actor: hostMinReplicas\n" => "  actor: 0\n",
        "replicas fit the kind", DEPLOYED;
    "a workflow host with a single replica", "infra/function.bicep":
        "  workflow: hostMinReplicas\n" => "  workflow: 1\n",
        "replicas fit the kind", DEPLOYED;
    "a scaler that counts another's messages", "infra/function.bicep":
        "subscriptionName: function.name" => "subscriptionName: 'send-email'",
        "scale rules fit the kind", DEPLOYED;
    "a scaler with the identity of another", "infra/function.bicep":
        "      identity: identityId\n      metadata" => "      identity: replace(identityId, function.name, 'stock')\n      metadata",
        "scale rules fit the kind", DEPLOYED;
    "a probe of another path", "infra/function.bicep":
        "path: '/readyz'" => "path: '/ready'",
        "apps have what functions need", DEPLOYED;
    "a kill before the drain has ended", "infra/function.bicep":
        "terminationGracePeriodSeconds: 45" => "terminationGracePeriodSeconds: 30",
        "apps have what functions need", DEPLOYED;
    "an app that cannot be invoked", "infra/function.bicep":
        "ingress: function.kind == 'event' ? null : ingress" => "ingress: function.kind == 'http' ? ingress : null",
        "apps have what functions need", DEPLOYED;
    "a setting that no function reads", "infra/function.bicep":
        "name: 'APP_HOST'" => "name: 'HOST'",
        "settings are read by functions", DEPLOYED;
    "a gateway without an issuer", "infra/apps.bicep":
        "function.ingress == 'external' ? publicSettings" => "function.ingress == 'none' ? publicSettings",
        "settings are read by functions", DEPLOYED;
    "an identity that code cannot use", "infra/function.bicep":
        "contains(function, 'manages') ? 'Main' : 'None'" => "'None'",
        "managers of secrets are notified and may write", DEPLOYED;
    "a value that nothing fills in", "infra/main.bicep":
        "COSMOS_URL:" => "COSMOS_ADDRESS:",
        "component values have a source", DEPLOYED;
    "images by a tag that can be moved", "infra/apps.bicep":
        "image: images[function.name]" => "image: replace(images[function.name], '@sha256:', ':')",
        "every function is deployed", DEPLOYED;
    "subscriptions of only some event functions", "infra/main.bicep":
        "function => contains(function, 'topic'))" => "function => contains(function, 'topic') && function.name != 'send-email')",
        "messages have a destination", DEPLOYED;
    "rights for only one function of a component", "infra/data.bicep":
        "onContainerApps ? ['component-${component.name}'] : component.scopes" => "[component.scopes[0]]",
        "roles are least-privilege", ON_KUBERNETES;
    "a right to publish to every topic", "infra/data.bicep":
        "function => map(function.?publishes ?? []," => "function => map(topics,",
        "roles are least-privilege", ON_KUBERNETES;
    "a topic to which no function may publish", "infra/data.bicep":
        "? map(published, topic =>" => "? map(skip(published, 1), topic =>",
        "roles are least-privilege", DEPLOYED_AGAIN;
    "a component by which any function publishes anything", "components/azure/pubsub.yaml":
        "- name: publishingScopes" => "- name: subscriptionScopes",
        "components reach Azure by their identity", DetectedIn::Source;
    "dead letters that nothing keeps", "infra/messaging.bicep":
        "-dead'" => "-dlq'",
        "messages have a destination", DEPLOYED;
    "the same message twice", "infra/messaging.bicep":
        "requiresDuplicateDetection: true" => "requiresDuplicateDetection: false",
        "messages have a destination", DEPLOYED;
    "fewer tries than on a plain machine", "infra/main.bicep":
        "maxRetries: 60" => "maxRetries: 3",
        "messages have a destination", DEPLOYED;
    "a partition key that Dapr does not write", "infra/state.bicep":
        "'/partitionKey'" => "'/partitionkey'",
        "state is stored where Dapr reads it", DEPLOYED;
    "histories that expire while their saga runs", "infra/state.bicep":
        "'workflow-store': 777600" => "'workflow-store': 86400",
        "state is stored where Dapr reads it", DEPLOYED;
    "finished workflows that stay for good", "infra/state.bicep":
        "'workflow-store': 777600" => "'workflow-histories': 777600",
        "state is stored where Dapr reads it", DEPLOYED;
    "documents without a stated lifetime", "components/azure/orders.yaml":
        "# Retention: " => "# ",
        "stored data has a stated lifetime", DetectedIn::Source;
    "actors that may read what is out of date", "infra/state.bicep":
        "defaultConsistencyLevel: 'Strong'" => "defaultConsistencyLevel: 'Session'",
        "state is stored where Dapr reads it", DEPLOYED;
    "a right to every document", "infra/state.bicep":
        "/dbs/${database.name}/colls/${container[indexOf(containers, user.container)].name}" => "/dbs/${database.name}",
        "roles are least-privilege", DEPLOYED;
    "a secret under another name", "infra/secrets.bicep":
        "name: 'payment-api-key'" => "name: 'payment-key'",
        "no deployment overwrites a rotated key", DEPLOYED;
    "a role to write every secret", "infra/secrets.bicep":
        "principalId, secretsOfficer)\n    scope: currentKey" => "principalId, secretsOfficer)\n    scope: vault",
        "roles are least-privilege", DEPLOYED;
    "a role to write where to read is enough", "infra/secrets.bicep":
        "roleDefinitionId: secretsUser" => "roleDefinitionId: secretsOfficer",
        "roles are least-privilege", DEPLOYED;
    "a vault's events that may not be sent", "infra/rotation.bicep":
        "principalId: events.identity.principalId" => "principalId: vault.properties.tenantId",
        "roles are least-privilege", DEPLOYED;
    "a vault's topic that is not the function's", "infra/rotation.bicep":
        "name: manager.topic" => "name: 'orders'",
        "managers of secrets are notified and may write", DEPLOYED;
    "an event for the key before as well", "infra/rotation.bicep":
        "advancedFilters: [{ operatorType: 'StringIn', key: 'subject', values: ['payment-api-key'] }]" => "subjectBeginsWith: 'payment-api-key'",
        "managers of secrets are notified and may write", DEPLOYED;
    "a rotated key that a deployment overwrites", "infra/secrets.bicep":
        "= if (!empty(paymentApiKey)) {" => "= if (!empty(paymentApiKey) || paymentKeyExpires == 0) {",
        "no deployment overwrites a rotated key", DEPLOYED_AGAIN;
    "a key without an end", "infra/secrets.bicep":
        "attributes: paymentKeyExpires > 0 ? { exp: paymentKeyExpires } : {}" => "attributes: {}",
        "no deployment overwrites a rotated key", DEPLOYED;
    "a key that ends later with each deployment", "infra/main.bicep":
        "param paymentKeyId string = ''" => "param paymentKeyId string = utcNow()",
        "deployments are repeatable", DetectedIn::Template;
    "keys that open the broker", "infra/messaging.bicep":
        "disableLocalAuth: true" => "disableLocalAuth: false",
        "local authentication is disabled", DEPLOYED;
    "a vault that logs nothing", "infra/secrets.bicep":
        "scope: vault\n  properties: {\n    workspaceId" => "scope: currentKey\n  properties: {\n    workspaceId",
        "audit logs are collected", DEPLOYED;
    "a secret in an output", "infra/monitoring.bicep":
        "output insightsName string = insights.name" => "output insightsName string = insights.properties.ConnectionString",
        "outputs hold no secrets", DetectedIn::Template;
    "a secret parameter that is not marked", "infra/secrets.bicep":
        "@secure()\nparam mailPassword" => "param mailPassword",
        "Parameter 'mailPassword'", LANGUAGE;
    "an optional parameter that calls itself required", "infra/main.bicep":
        "@description('Optional. The region.')" => "@description('Required. The region.')",
        "parameters are described", DetectedIn::Template;
    "a preview where there is a stable version", "infra/function.bicep":
        "containerApps@2026-07-01" => "containerApps@2025-10-02-preview",
        "preview versions are justified", DEPLOYED;
    "a search that is refused the second time", "infra/workbook.bicep":
        "      etag: '*'\n" => "",
        "deployments are repeatable", DEPLOYED;
    "the same role twice", "infra/registry.bicep":
        "for principalId in pullerPrincipalIds:" => "for principalId in concat(pullerPrincipalIds, pullerPrincipalIds):",
        "deployments are repeatable", DEPLOYED;
    "a name that is too long with another parameter", "infra/data.bicep":
        "'${name}-secret-events'" => "'${name}-events-of-the-vault-that-end-soon'",
        "BCP335", LANGUAGE;
    "an alert that notifies no one", "infra/alerts.bicep":
        "actions: { actionGroups: actionGroupIds }" => "actions: { actionGroups: [] }",
        "alerts refer to what exists", DEPLOYED;
];
