//! Every secret with its versions.

use crate::key_vault::limits::{MAX_SECRETS, MAX_VERSIONS, SetError};
use crate::key_vault::name::SecretName;
use crate::key_vault::version::Version;
use std::collections::BTreeMap;
use thiserror::Error;

/// Every secret by its name.
#[derive(Debug, Default)]
pub(crate) struct Secrets(BTreeMap<SecretName, History>);

/// A secret: its versions, oldest first and at least one, and how often it was used.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) versions: Vec<Version>,
    /// How often its value was read.
    pub(crate) reads: u64,
    /// How often it was set through the API.
    pub(crate) writes: u64,
}

/// Why a version cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ReadError {
    #[error("A secret with (name/id) {0} was not found in this key vault.")]
    NotFound(String),
    #[error("Operation get is not allowed on a disabled secret.")]
    Disabled,
}

impl Secrets {
    /// Makes a version the newest.
    ///
    /// # Errors
    ///
    /// There are too many secrets or versions.
    pub(crate) fn set(&mut self, name: &SecretName, new: Version) -> Result<(), SetError> {
        let full = self.0.len() >= MAX_SECRETS && !self.0.contains_key(name);
        let count = self.0.get(name).map_or(0, |history| history.versions.len());
        if full || count >= MAX_VERSIONS {
            return Err(SetError::Full);
        }
        self.0.entry(name.clone()).or_default().versions.push(new);
        Ok(())
    }

    pub(crate) fn count_write(&mut self, name: &SecretName) {
        if let Some(history) = self.0.get_mut(name) {
            history.writes += 1;
        }
    }

    /// A version, by default the current one, which is the newest that is enabled. It counts as read.
    ///
    /// # Errors
    ///
    /// There is no such version, or it is disabled.
    pub(crate) fn read(
        &mut self,
        name: &SecretName,
        version: Option<&str>,
    ) -> Result<&Version, ReadError> {
        let missing = || match version {
            Some(version) => ReadError::NotFound(format!("{name}/{version}")),
            None => ReadError::NotFound(name.to_string()),
        };
        let History { versions, reads, .. } = self.0.get_mut(name).ok_or_else(missing)?;
        let found = match version {
            Some(id) => versions.iter().find(|version| version.id.simple().to_string() == id),
            None => current(versions).or(versions.last()),
        };
        let found = found.ok_or_else(missing)?;
        if !found.enabled {
            return Err(ReadError::Disabled);
        }
        *reads += 1;
        Ok(found)
    }

    /// The version with this id, enabled or not.
    ///
    /// # Errors
    ///
    /// There is no such version.
    pub(crate) fn find(
        &mut self,
        name: &SecretName,
        version: &str,
    ) -> Result<&mut Version, ReadError> {
        let versions = self.0.get_mut(name).into_iter().flat_map(|history| &mut history.versions);
        let mut versions = versions.filter(|found| found.id.simple().to_string() == version);
        versions.next().ok_or_else(|| ReadError::NotFound(format!("{name}/{version}")))
    }

    pub(crate) fn history(&self, name: &SecretName) -> Option<&History> {
        self.0.get(name)
    }

    /// By name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&SecretName, &History)> {
        self.0.iter()
    }
}

impl History {
    /// The newest version that is enabled.
    pub(crate) fn current(&self) -> Option<&Version> {
        current(&self.versions)
    }
}

fn current(versions: &[Version]) -> Option<&Version> {
    versions.iter().rev().find(|version| version.enabled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;
    use crate::key_vault::version::NewSecret;

    fn version() -> Version {
        let new: NewSecret = serde_json::from_str(r#"{"value": "v"}"#).unwrap();
        Version::new(new, now()).unwrap()
    }

    #[test]
    fn secrets_and_their_versions_are_bounded() {
        let mut secrets = Secrets::default();
        let name = |nth: usize| format!("s{nth}").parse::<SecretName>().unwrap();
        for nth in 0..MAX_SECRETS {
            secrets.set(&name(nth), version()).unwrap();
        }
        assert_eq!(secrets.set(&name(MAX_SECRETS), version()), Err(SetError::Full));
        for _ in 1..MAX_VERSIONS {
            secrets.set(&name(0), version()).unwrap();
        }
        assert_eq!(secrets.set(&name(0), version()), Err(SetError::Full));
        assert_eq!(secrets.set(&name(1), version()), Ok(()));
    }
}
