//! Mistakes to plant, and the check that must find each: what keeps the checks themselves honest.

use super::Tree;

/// What finds the mistakes that only a checker of Bicep can see.
pub const BICEP: &str = "Bicep";

/// A mistake: in which file, what it replaces by what, and which check must find it.
#[derive(Debug)]
pub struct Mistake {
    /// What is wrong.
    pub name: &'static str,
    file: &'static str,
    right: &'static str,
    wrong: &'static str,
    /// The check that must find it, or [`BICEP`].
    pub check: &'static str,
}

impl Mistake {
    /// `tree` with this mistake.
    ///
    /// # Panics
    /// When the file does not hold what is right.
    #[must_use]
    pub fn planted(&self, tree: &Tree) -> Tree {
        let text = tree.text(self.file);
        assert!(text.contains(self.right), "{}: {} has no `{}`", self.name, self.file, self.right);
        let mut planted = tree.clone();
        planted.put(self.file, text.replacen(self.right, self.wrong, 1));
        planted
    }
}

macro_rules! mistakes {
    ($($name:literal, $file:literal: $right:literal => $wrong:literal, $check:expr;)*) => {
        &[$(Mistake { name: $name, file: $file, right: $right, wrong: $wrong, check: $check }),*]
    };
}

/// The mistakes. What is right stands before `=>`.
pub const MISTAKES: &[Mistake] = mistakes![
    "a property that there is not", "infra/function.bicep":
        "activeRevisionsMode:" => "activeRevisionMode:", BICEP;
    "a module's parameter that is missing", "infra/main.bicep":
        "    maxThroughput: cosmosMaxThroughput\n" => "", BICEP;
    "a parameter of the wrong type in a parameter file", "infra/dev.bicepparam":
        "param maxReplicas = 3" => "param maxReplicas = 'three'", BICEP;
    "a value that Azure does not know", "infra/state.bicep":
        "defaultConsistencyLevel: 'Strong'" => "defaultConsistencyLevel: 'Stronger'", BICEP;
    "a scope that is missing", "components/azure/orders.yaml":
        "  - order-saga\n" => "", "scopes are current";
    "a scope too many", "components/azure/secrets.yaml":
        "  - process-payment\n" => "  - gateway\n  - process-payment\n", "scopes are current";
    "a component under another name", "components/azure/inbox.yaml":
        "name: inbox\nspec" => "name: in-box\nspec", "components are those of components/local";
    "a component changed for Bicep alone", "infra/components.json":
        "\"azureAuthMethods\"" => "\"azureAuthMethod\"", "components.json is current";
    "documents that functions no longer share", "components/azure/payments.yaml":
        "    - name: keyPrefix\n      value: name\n" => "", "components keep what they keep locally";
    "a metadata key that Dapr does not know", "components/azure/pubsub.yaml":
        "name: namespaceName" => "name: namespace", "component metadata is known to Dapr";
    "a number that is none", "components/azure/pubsub.yaml":
        "value: \"900\"" => "value: 15m", "component metadata is known to Dapr";
    "a value that nothing fills in", "components/azure/orders.yaml":
        "${COSMOS_URL}" => "${COSMOS_ADDRESS}", "component values have a source";
    "a password in a file", "components/azure/email.yaml":
        "      secretKeyRef:\n        name: mail-password\n        key: mail-password\n" => "      value: hunter2\n",
        "components hold no credentials";
    "one subscription for all functions", "components/azure/pubsub.yaml":
        "    - name: disableEntityManagement" => "    - name: consumerID\n      value: shop\n    - name: disableEntityManagement",
        "components reach Azure by their identity";
    "a component without its identity", "components/azure/stock-store.yaml":
        "    - name: azureClientId\n      value: ${CLIENT_ID}\n" => "", "components reach Azure by their identity";
    "a function that Bicep does not know of", "infra/functions.json":
        "\"name\": \"stock\"" => "\"name\": \"stocks\"", "functions.json is current";
    "an actor host that scales to zero", "infra/function.bicep":
        "  actor: 1\n" => "  actor: 0\n", "replicas fit the kind";
    "a workflow host that scales to zero", "infra/function.bicep":
        "  workflow: 1\n" => "  workflow: 0\n", "replicas fit the kind";
    "a scaler that counts another's messages", "infra/function.bicep":
        "subscriptionName: function.name" => "subscriptionName: 'send-email'", "scale rules fit the kind";
    "a probe of another path", "infra/function.bicep":
        "path: '/readyz'" => "path: '/ready'", "apps have what functions need";
    "a kill before the drain has ended", "infra/function.bicep":
        "terminationGracePeriodSeconds: 30" => "terminationGracePeriodSeconds: 10", "apps have what functions need";
    "a setting that no function reads", "infra/function.bicep":
        "name: 'APP_HOST'" => "name: 'HOST'", "settings are those that functions read";
    "images by a tag that can be moved", "infra/main.bicep":
        "images[function.name]" => "'saga-shop/${function.name}:latest'", "every function is looped over";
    "subscriptions of some event functions alone", "infra/main.bicep":
        "function => function.kind == 'event')" => "function => function.kind == 'event' && function.name != 'send-email')",
        "every function is looped over";
    "dead letters with nobody to keep them", "infra/messaging.bicep":
        "-dead'" => "-dlq'", "messages have where to go";
    "fewer tries than on a plain machine", "infra/component.bicep":
        "maxRetries: 60" => "maxRetries: 3", "messages have where to go";
    "a partition key that Dapr does not write", "infra/state.bicep":
        "'/partitionKey'" => "'/partitionkey'", "state is where Dapr looks for it";
    "actors that may read what is out of date", "infra/state.bicep":
        "defaultConsistencyLevel: 'Strong'" => "defaultConsistencyLevel: 'Session'", "state is where Dapr looks for it";
    "reads that weaken the account's promise", "shared/src/sidecar/state.rs":
        "StateConsistency::ConsistencyUnspecified" => "StateConsistency::ConsistencyStrong", "state is where Dapr looks for it";
    "a thousand messages at once", "components/azure/pubsub.yaml":
        "    - name: maxActiveMessages\n      value: \"10\"\n" => "", "messages have where to go";
    "a right to every document", "infra/state.bicep":
        "/dbs/${database.name}/colls/${entry.name}" => "", "roles are the least";
    "a secret under another name", "infra/secrets.bicep":
        "name: 'payment-api-key'" => "name: 'payment-key'", "roles are the least";
    "the role to write a key that is missing", "infra/secrets.bicep":
        "resource mayRotatePayment " => "resource mayRotate ", "roles are the least";
    "a role to write every secret", "infra/secrets.bicep":
        "principalId, secretsOfficer)\n    scope: currentKey" => "principalId, secretsOfficer)\n    scope: vault", "roles are the least";
    "a vault's events that may not be sent", "infra/rotation.bicep":
        "principalId: events.identity.principalId" => "principalId: vault.properties.tenantId", "roles are the least";
    "a vault's event to another function's topic", "infra/rotation.bicep":
        "resourceId: topic[i].id" => "resourceId: topic[0].id", "who manages secrets is told and may write";
    "a vault's topic that is not the function's", "infra/rotation.bicep":
        "name: manager.topic" => "name: 'orders'", "who manages secrets is told and may write";
    "an event for the key before as well", "infra/rotation.bicep":
        "advancedFilters: [{ operatorType: 'StringIn', key: 'subject', values: ['payment-api-key'] }]" => "subjectBeginsWith: 'payment-api-key'",
        "who manages secrets is told and may write";
    "an identity that code cannot use", "infra/function.bicep":
        "contains(function, 'manages') ? 'Main' : 'None'" => "'None'", "who manages secrets is told and may write";
    "a rotated key that a deployment overwrites", "infra/secrets.bicep":
        "= if (!empty(paymentApiKey)) {\n  // checkov:skip=CKV_AZURE_41:It has one" => "= {\n  // checkov:skip=CKV_AZURE_41:It has one",
        "no deployment overwrites a rotated key";
    "a key that must be given each time", "infra/main.bicep":
        "param paymentApiKey string = ''" => "param paymentApiKey string", "no deployment overwrites a rotated key";
    "a key that ends later with each deployment", "infra/main.bicep":
        "param paymentKeyId string = ''" => "param paymentKeyId string = utcNow()", "no deployment overwrites a rotated key";
    "keys that open the broker", "infra/messaging.bicep":
        "disableLocalAuth: true" => "disableLocalAuth: false", "local authentication is off";
    "a secret in an output", "infra/environment.bicep":
        "output name string = environment.name" => "output name string = insights.properties.ConnectionString",
        "outputs hold no secrets";
    "a secret parameter that is not marked", "infra/secrets.bicep":
        "@secure()\nparam mailPassword" => "param mailPassword", "parameters are described";
    "a preview that nobody explains", "infra/function.bicep":
        "containerApps@2026-01-01" => "containerApps@2025-10-02-preview", "previews are few and explained";
    "an alert on words that nobody logs", "infra/queries/stuck-orders.kql":
        "an order is stuck:" => "an order got stuck:", "queries look for what is logged";
];
