//! Credentials in a Dapr secret store.

use super::Grpc;
use crate::ports::{Failure, OrFail, Result, Secret, Secrets};
use dapr::dapr::proto::runtime::v1::GetSecretRequest;
use std::collections::HashMap;

/// The Dapr component that holds the shop's credentials.
const COMPONENT: &str = "secrets";

/// The secret store `secrets`.
#[derive(Debug, Clone)]
pub struct SecretStore(pub(super) Grpc);

impl Secrets for SecretStore {
    async fn secret(&self, name: &str) -> Result<Secret> {
        let request = GetSecretRequest {
            store_name: COMPONENT.to_owned(),
            key: name.to_owned(),
            metadata: HashMap::default(),
        };
        let found = self.0.dapr().get_secret(request).await;
        let mut found = found.or_fail(COMPONENT, "read a secret")?;
        match found.get_mut().data.remove(name) {
            Some(secret) => Ok(Secret::new(secret)),
            None => {
                Err(Failure::new(COMPONENT, "read a secret", format!("it has no {name}")).into())
            }
        }
    }
}
