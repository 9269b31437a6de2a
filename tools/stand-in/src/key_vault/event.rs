//! The event that Event Grid sends before a secret expires:
//! <https://learn.microsoft.com/azure/event-grid/event-schema-key-vault>.

use crate::key_vault::bundle;
use crate::key_vault::name::SecretName;
use crate::key_vault::version::Version;
use jiff::Timestamp;
use serde::Serialize;

/// The vault's name in events.
const VAULT: &str = "shop";
/// The vault's host in events.
const HOST: &str = "shop.vault.azure.net";
/// The vault's resource id in events.
const SOURCE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/\
                      providers/Microsoft.KeyVault/vaults/shop";

/// The event `Microsoft.KeyVault.SecretNearExpiry`, as a `CloudEvent` 1.0.
#[derive(Debug, Serialize)]
pub(crate) struct NearExpiry {
    specversion: &'static str,
    /// Identical for every event about the same version.
    id: String,
    source: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: String,
    time: Timestamp,
    data: Data,
}

/// Times are seconds since the Unix epoch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    id: String,
    vault_name: &'static str,
    object_type: &'static str,
    object_name: String,
    version: String,
    #[serde(rename = "NBF")]
    nbf: Option<i64>,
    #[serde(rename = "EXP")]
    exp: Option<i64>,
}

impl NearExpiry {
    pub(crate) fn of(name: &SecretName, version: &Version, time: Timestamp) -> Self {
        let data = Data {
            id: bundle::id(HOST, name, version),
            vault_name: VAULT,
            object_type: "Secret",
            object_name: name.to_string(),
            version: version.id.simple().to_string(),
            nbf: version.not_before.map(Timestamp::as_second),
            exp: version.expires.map(Timestamp::as_second),
        };
        Self {
            specversion: "1.0",
            id: version.id.hyphenated().to_string(),
            source: SOURCE,
            kind: "Microsoft.KeyVault.SecretNearExpiry",
            subject: name.to_string(),
            time,
            data,
        }
    }
}
