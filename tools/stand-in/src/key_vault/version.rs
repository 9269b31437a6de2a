//! A version of a secret, and the request that makes it.

use crate::key_vault::limits::{
    MAX_CONTENT_TYPE_CHARS, MAX_TAG_CHARS, MAX_TAGS, MAX_VALUE_BYTES, SetError,
};
use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use uuid::Uuid;

/// The body of a `PUT`. It has no `Debug`, because it contains a value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NewSecret {
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) content_type: Option<String>,
    #[serde(default)]
    pub(crate) tags: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub(crate) attributes: Option<NewAttributes>,
}

/// The body of a `PATCH`: what is omitted is not changed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProperties {
    #[serde(default)]
    tags: Option<BTreeMap<String, String>>,
}

/// The attributes that a caller may set.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAttributes {
    enabled: Option<bool>,
    /// Seconds since the Unix epoch.
    exp: Option<i64>,
    /// Seconds since the Unix epoch.
    nbf: Option<i64>,
}

/// A version, as it was set.
#[derive(Clone)]
pub(crate) struct Version {
    /// 32 hexadecimal digits.
    pub(crate) id: Uuid,
    pub(crate) value: String,
    pub(crate) content_type: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) enabled: bool,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) created: Timestamp,
}

impl Version {
    /// # Errors
    ///
    /// A part of the request is out of bounds.
    pub(crate) fn new(new: NewSecret, created: Timestamp) -> Result<Self, SetError> {
        let NewAttributes { enabled, exp, nbf } = new.attributes.unwrap_or_default();
        let (expires, not_before) = (time(exp)?, time(nbf)?);
        if expires.zip(not_before).is_some_and(|(end, start)| end <= start) {
            return Err(SetError::Validity);
        }
        let long = |text: &String| text.chars().count() > MAX_CONTENT_TYPE_CHARS;
        if new.content_type.as_ref().is_some_and(long) {
            return Err(SetError::ContentType);
        }
        if new.value.len() > MAX_VALUE_BYTES {
            return Err(SetError::Value);
        }
        Ok(Self {
            id: Uuid::now_v7(),
            value: new.value,
            content_type: new.content_type,
            tags: tags(new.tags.unwrap_or_default())?,
            enabled: enabled.unwrap_or(true),
            expires,
            not_before,
            created,
        })
    }

    /// # Errors
    ///
    /// The tags are out of bounds.
    pub(crate) fn update(&mut self, new: NewProperties) -> Result<(), SetError> {
        if let Some(new) = new.tags {
            self.tags = tags(new)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Version {
    /// Without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version").field("id", &self.id).finish_non_exhaustive()
    }
}

fn time(seconds: Option<i64>) -> Result<Option<Timestamp>, SetError> {
    seconds.map(Timestamp::from_second).transpose().map_err(|_| SetError::Time)
}

fn tags(tags: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, SetError> {
    let long = |text: &String| text.chars().count() > MAX_TAG_CHARS;
    if tags.len() > MAX_TAGS || tags.iter().any(|(name, value)| long(name) || long(value)) {
        Err(SetError::Tags)
    } else {
        Ok(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    fn set(json: &str) -> Result<Version, SetError> {
        Version::new(serde_json::from_str(json).unwrap(), now())
    }

    #[test]
    fn omitted_members_have_the_defaults_of_key_vault() {
        let version = set(r#"{"value": "v"}"#).unwrap();
        assert!(!format!("{version:?}").contains("\"v\""));
        assert!(version.enabled && version.tags.is_empty());
        assert_eq!((version.expires, version.not_before, version.content_type), (None, None, None));
        assert_eq!(version.id.simple().to_string().len(), 32);
    }

    #[test]
    fn parts_out_of_bounds_are_rejected() {
        let many: BTreeMap<_, _> = (0..16).map(|nth| (nth.to_string(), "x")).collect();
        let many = serde_json::json!({"value": "v", "tags": many}).to_string();
        let long = format!(r#"{{"value": "v", "tags": {{"a": "{}"}}}}"#, "x".repeat(257));
        let kind = format!(r#"{{"value": "v", "contentType": "{}"}}"#, "x".repeat(256));
        for (json, error) in [
            (many.as_str(), SetError::Tags),
            (&long, SetError::Tags),
            (&kind, SetError::ContentType),
            (r#"{"value": "v", "attributes": {"exp": 9223372036854775807}}"#, SetError::Time),
            (r#"{"value": "v", "attributes": {"nbf": 5, "exp": 5}}"#, SetError::Validity),
        ] {
            assert_eq!(set(json).map(|_| ()), Err(error), "{json}");
        }
    }
}
