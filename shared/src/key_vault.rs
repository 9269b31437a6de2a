//! Keys in [Azure Key Vault](https://learn.microsoft.com/rest/api/keyvault/secrets): secrets, each
//! with a tag that holds the provider's id of the key.

use crate::ports::{ApiKey, Failure, KeptKey, OrFail, Result, Secret, Vault};
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, RetryOptions, StatusCode, Transport};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    ClientAssertionCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use azure_security_keyvault_secrets::models::{
    SecretAttributes, SecretClientUpdateSecretPropertiesOptions, SetSecretParameters,
    UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};
use jiff::Timestamp;
use reqwest::Url;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// The component named in failures.
const NAME: &str = "key vault";

/// The tag that holds the provider's id of the key.
const KEY_ID: &str = "payment-key-id";

/// The timeout of a request: the rotation makes a few of them, and the event is delivered again
/// when they take too long.
const DEADLINE: Duration = Duration::from_secs(3);

/// The identity of this process on Azure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The managed identity that the platform assigned.
    System,
    /// The managed identity with this client id.
    User(String),
    /// The identity of its workload on Kubernetes.
    Workload,
}

/// A key vault.
#[derive(Clone)]
pub struct KeyVault(Arc<SecretClient>);

impl KeyVault {
    /// The vault at `url`, accessed as `identity`. Nothing is sent yet.
    ///
    /// # Errors
    /// When the platform has no such identity.
    pub fn new(url: &Url, identity: Identity) -> azure_core::Result<Self> {
        let http = reqwest::Client::builder().timeout(DEADLINE).build();
        let http = http
            .map_err(|error| azure_core::Error::new(azure_core::error::ErrorKind::Other, error))?;
        // The broker delivers the event again, so no further retry is needed.
        let options = ClientOptions {
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(http))),
            ..ClientOptions::default()
        };
        let credential = credential(identity, options.clone())?;
        let options =
            SecretClientOptions { client_options: options, ..SecretClientOptions::default() };
        Ok(Self(Arc::new(SecretClient::new(url.as_str(), credential, Some(options))?)))
    }

    /// The tags of a secret, if it exists; every version has them.
    async fn tags(&self, name: &str) -> Result<HashMap<String, String>> {
        let found = match self.0.get_secret(name, None).await {
            Err(error) if error.http_status() == Some(StatusCode::NotFound) => {
                return Ok(HashMap::new());
            }
            found => found.or_fail(NAME, "read a key")?,
        };
        Ok(found.into_model().or_fail(NAME, "read a key")?.tags.unwrap_or_default())
    }
}

fn credential(
    identity: Identity,
    client_options: ClientOptions,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let user_assigned_id = match identity {
        Identity::Workload => {
            let options = WorkloadIdentityCredentialOptions {
                credential_options: ClientAssertionCredentialOptions { client_options },
                ..WorkloadIdentityCredentialOptions::default()
            };
            return Ok(WorkloadIdentityCredential::new(Some(options))?);
        }
        Identity::User(client) => Some(UserAssignedId::ClientId(client)),
        Identity::System => None,
    };
    let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
    Ok(ManagedIdentityCredential::new(Some(options))?)
}

impl Vault for KeyVault {
    async fn kept(&self, name: &str) -> Result<KeptKey> {
        let found = self.0.get_secret(name, None).await.or_fail(NAME, "read a key")?;
        let found = found.into_model().or_fail(NAME, "read a key")?;
        let version = found.resource_id().or_fail(NAME, "read a key")?.version;
        let id = found.tags.and_then(|mut tags| tags.remove(KEY_ID));
        match (found.value, version, id) {
            (Some(value), Some(version), Some(id)) => {
                Ok(KeptKey { key: ApiKey { id, secret: Secret::new(value) }, version })
            }
            (_, _, None) => {
                let why =
                    format!("{name} has no tag `{KEY_ID}`: set it to the provider's id of the key");
                Err(Failure::new(NAME, "read a key", why).into())
            }
            _ => Err(Failure::new(NAME, "read a key", format!("{name} has no value")).into()),
        }
    }

    async fn may_replace(&self, name: &str, kept: &KeptKey) -> Result<()> {
        const PROVE: &str = "check the permission to write";
        // The same value is written: this requires the same permission as a new version.
        let parameters = UpdateSecretPropertiesParameters {
            tags: Some(self.tags(name).await?),
            ..UpdateSecretPropertiesParameters::default()
        };
        let options = SecretClientUpdateSecretPropertiesOptions {
            secret_version: Some(kept.version.clone()),
            ..SecretClientUpdateSecretPropertiesOptions::default()
        };
        let parameters = parameters.try_into().or_fail(NAME, PROVE)?;
        let written = self.0.update_secret_properties(name, parameters, Some(options)).await;
        written.or_fail(NAME, PROVE)?;
        Ok(())
    }

    async fn keep(&self, name: &str, key: &ApiKey, expires_at: Timestamp) -> Result<()> {
        let mut tags = self.tags(name).await?;
        tags.insert(KEY_ID.to_owned(), key.id.clone());
        let expires = OffsetDateTime::from_unix_timestamp(expires_at.as_second());
        let parameters = SetSecretParameters {
            value: Some(key.secret.expose().to_owned()),
            tags: Some(tags),
            secret_attributes: Some(SecretAttributes {
                expires: Some(expires.or_fail(NAME, "store a key")?),
                ..SecretAttributes::default()
            }),
            ..SetSecretParameters::default()
        };
        let parameters = parameters.try_into().or_fail(NAME, "store a key")?;
        self.0.set_secret(name, parameters, None).await.or_fail(NAME, "store a key")?;
        Ok(())
    }
}
