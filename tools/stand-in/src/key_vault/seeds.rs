//! The secrets to start with: a JSON file, read once; errors never show its content.

use crate::key_vault::limits::SetError;
use crate::key_vault::name::{InvalidName, SecretName};
use crate::key_vault::vault::Vault;
use crate::secrets_file::{self, SecretsFileError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use thiserror::Error;

/// Why a secrets file cannot be used.
#[derive(Debug, Error)]
pub(crate) enum SeedsError {
    #[error(transparent)]
    File(#[from] SecretsFileError),
    #[error("one of its names is invalid")]
    Name(#[source] InvalidName),
    #[error("its \"{0}\" is not a string")]
    NotAString(SecretName),
    #[error("its \"{0}\" cannot be set")]
    Set(SecretName, #[source] SetError),
    #[error("it has no \"{0}\" for --tag")]
    Missing(SecretName),
}

/// A tag of a secret in the file, written `SECRET:NAME=VALUE`.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    secret: SecretName,
    name: String,
    value: String,
}

/// Why a text is not a tag.
#[derive(Debug, Error)]
pub(crate) enum InvalidTag {
    #[error("a tag is written SECRET:NAME=VALUE")]
    Form,
    #[error("its SECRET is invalid")]
    Secret(#[source] InvalidName),
}

impl FromStr for Tag {
    type Err = InvalidTag;

    fn from_str(text: &str) -> Result<Self, InvalidTag> {
        let (secret, tag) = text.split_once(':').ok_or(InvalidTag::Form)?;
        let (name, value) = tag.split_once('=').ok_or(InvalidTag::Form)?;
        if name.is_empty() {
            return Err(InvalidTag::Form);
        }
        let secret = secret.parse().map_err(InvalidTag::Secret)?;
        Ok(Self { secret, name: name.to_owned(), value: value.to_owned() })
    }
}

/// Sets the secrets of the file at `path`, with their tags.
///
/// # Errors
///
/// The file cannot be read or used, or does not have a secret that is tagged.
pub(crate) fn load(vault: &Vault, path: &Path, tags: &[Tag]) -> Result<(), SeedsError> {
    let secrets = read(path)?;
    if let Some(tag) = tags.iter().find(|tag| !secrets.contains_key(&tag.secret)) {
        return Err(SeedsError::Missing(tag.secret.clone()));
    }
    for (name, value) in secrets {
        let tags = tags.iter().filter(|tag| tag.secret == name);
        let tags = tags.map(|tag| (tag.name.clone(), tag.value.clone())).collect();
        vault.seed(&name, value, tags).map_err(|source| SeedsError::Set(name, source))?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<BTreeMap<SecretName, String>, SeedsError> {
    let text = |(name, value): (String, Value)| {
        let name = SecretName::try_from(name).map_err(SeedsError::Name)?;
        match value.as_str() {
            Some(text) => Ok((name, text.to_owned())),
            None => Err(SeedsError::NotAString(name)),
        }
    };
    secrets_file::read(path)?.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_secret_and_may_hold_any_value() {
        let tag: Tag = "payment-api-key:ProviderAddress=http://127.0.0.1:8090/a=b".parse().unwrap();
        assert_eq!(tag.secret.to_string(), "payment-api-key");
        assert_eq!(tag.name, "ProviderAddress");
        assert_eq!(tag.value, "http://127.0.0.1:8090/a=b");
        for bad in ["", "secret", "secret:name", "secret:=value", "a b:name=value", "name=value"] {
            assert!(bad.parse::<Tag>().is_err(), "{bad}");
        }
    }
}
