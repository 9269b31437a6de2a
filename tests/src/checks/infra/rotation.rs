//! The rotation of the payment key: its function is notified, and no deployment overwrites the key.

use super::Tree;
use super::apps::APP;
use super::snapshot::{Snapshot, last, list, text};
use super::target::Target;
use local::manifest::Function;
use serde_json::{Value, json};

const SECRET: &str = "Microsoft.KeyVault/vaults/secrets";
const KEY: &str = "payment-api-key";

/// A key is written, with its expiry, only when one is given: the existing one may be newer.
pub(super) fn overwritten_keys(_: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let end = (snapshot.target != Target::Dev).then_some(1_800_000_000);
    let right = |secret: &Value| {
        secret["condition"] == "[not(empty(parameters('paymentApiKey')))]"
            && secret["properties"]["attributes"]["exp"].as_u64() == end
    };
    let keys = [KEY, "payment-api-key-previous"];
    let wrong = keys.iter().filter(|key| !snapshot.named(SECRET, key).is_some_and(right));
    wrong.map(|key| format!("{key} is not written correctly")).collect()
}

pub(super) fn unnotified_managers(tree: &Tree, snapshot: &Snapshot) -> Vec<String> {
    let managers = tree.functions.iter().filter(|it| !it.manifest.manages.is_empty());
    let mut wrong: Vec<_> = managers.flat_map(|manager| unnotified(manager, snapshot)).collect();
    let others = tree.functions.iter().filter(|it| it.manifest.manages.is_empty());
    let usable = others
        .filter(|it| snapshot.named(APP, &it.name).is_some() && is_usable(&it.name, snapshot));
    wrong.extend(usable.map(|other| format!("{}: its code may use its identity", other.name)));
    let events = snapshot.one("Microsoft.EventGrid/systemTopics");
    if last(text(events, "/properties/source"))
        != text(snapshot.one("Microsoft.KeyVault/vaults"), "/name")
    {
        wrong.push("the events are another vault's".to_owned());
    }
    let dropped = snapshot.of("Microsoft.Insights/metricAlerts").any(|alert| {
        list(alert, "/properties/criteria/allOf").any(|it| it["metricName"] == "DroppedEventCount")
            && list(alert, "/properties/scopes").any(|scope| *scope == events["id"])
    });
    if !dropped {
        wrong.push("no alert fires when an event is dropped".to_owned());
    }
    wrong
}

fn unnotified(manager: &Function, snapshot: &Snapshot) -> Vec<String> {
    let name = &manager.name;
    let kind = "Microsoft.EventGrid/systemTopics/eventSubscriptions";
    let Some(subscription) = snapshot.named(kind, name) else {
        return vec![format!("{name} is not notified")];
    };
    let properties = &subscription["properties"];
    let delivery = &properties["deliveryWithResourceIdentity"];
    let topic = last(text(delivery, "/destination/properties/resourceId"));
    let filter = json!([{ "operatorType": "StringIn", "key": "subject", "values": [KEY] }]);
    let wanted = [
        (properties["eventDeliverySchema"] == "CloudEventSchemaV1_0", "the schema"),
        (
            properties["filter"]["includedEventTypes"]
                == json!(["Microsoft.KeyVault.SecretNearExpiry"]),
            "the event",
        ),
        // Exact: the previous key expires too, and must not be rotated.
        (properties["filter"]["advancedFilters"] == filter, "the subject"),
        (delivery["identity"]["type"] == "SystemAssigned", "the identity"),
        (Some(topic) == manager.manifest.topic.as_deref(), "the topic"),
        (properties["retryPolicy"]["eventTimeToLiveInMinutes"] == 1440, "the time to live"),
        (is_usable(name, snapshot), "the identity for its code"),
    ];
    let wrong = wanted.iter().filter(|(right, _)| !right);
    wrong.map(|(_, what)| format!("{name}: {what} is wrong")).collect()
}

/// Whether code may use the identity of the app: only functions that write secrets may.
fn is_usable(name: &str, snapshot: &Snapshot) -> bool {
    snapshot.named(APP, name).is_none_or(|app| {
        let mut settings = list(app, "/properties/configuration/identitySettings");
        settings.any(|setting| setting["lifecycle"] == "Main")
    })
}
