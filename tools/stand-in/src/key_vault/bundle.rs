//! The vault's response bodies: a secret with its value, or only its properties.

use crate::key_vault::name::SecretName;
use crate::key_vault::version::Version;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// A version with its value: <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret>.
#[derive(Serialize)]
pub(crate) struct Bundle<'a> {
    value: &'a str,
    #[serde(flatten)]
    properties: Properties<'a>,
}

/// A version without its value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Properties<'a> {
    id: String,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
}

/// Times are seconds since the Unix epoch.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    created: i64,
    updated: i64,
    recovery_level: &'static str,
}

impl<'a> Bundle<'a> {
    pub(crate) fn new(host: &str, name: &SecretName, version: &'a Version) -> Self {
        let properties = Properties::of_version(host, name, version);
        Self { value: &version.value, properties }
    }
}

impl<'a> Properties<'a> {
    pub(crate) fn of_version(host: &str, name: &SecretName, version: &'a Version) -> Self {
        let attributes = Attributes {
            enabled: version.enabled,
            nbf: version.not_before.map(Timestamp::as_second),
            exp: version.expires.map(Timestamp::as_second),
            created: version.created.as_second(),
            updated: version.created.as_second(),
            recovery_level: "Recoverable",
        };
        let (id, content_type) = (id(host, name, version), version.content_type.as_deref());
        Self { id, attributes, content_type, tags: &version.tags }
    }
}

/// The id of a version: its URL in the vault at `host`.
pub(crate) fn id(host: &str, name: &SecretName, version: &Version) -> String {
    format!("https://{host}/secrets/{name}/{}", version.id.simple())
}
