//! The rotation of the payment provider's key, as the settings describe it.

use super::settings::rotation::{
    AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE, KEY_VAULT_URL, PAYMENT_KEY_DAYS,
    PAYMENT_KEY_OVERLAP_MINUTES,
};
use super::settings::{PAYMENT_PROVIDER_URL, Reader, Variables};
use super::{Setup, SystemClock};
use crate::key_vault::{Identity, KeyVault};
use crate::operations::rotation::Rotation;
use crate::provider::StripeKeys;
use std::sync::Arc;

impl Setup {
    /// The rotation of the payment provider's key, in the vault that the settings name; nothing, and
    /// the fault is told, when they name none.
    pub fn rotation(&mut self) -> Option<Rotation<KeyVault, StripeKeys, SystemClock>> {
        let provider = self.read(&PAYMENT_PROVIDER_URL);
        let lifetime = self.read(&PAYMENT_KEY_DAYS);
        let overlap = self.read(&PAYMENT_KEY_OVERLAP_MINUTES);
        let vault = vault(&mut self.reader);
        Some(Rotation {
            vault: vault?,
            issuer: StripeKeys::new(provider?),
            clock: SystemClock,
            lifetime: lifetime?,
            overlap: overlap?,
            turn: Arc::default(),
        })
    }
}

fn vault(reader: &mut Reader<impl Variables>) -> Option<KeyVault> {
    let client = reader.read(&AZURE_CLIENT_ID);
    let workload = reader.read(&AZURE_FEDERATED_TOKEN_FILE);
    let url = reader.read(&KEY_VAULT_URL)?;
    let identity = match (client?, workload?) {
        (_, file) if !file.is_empty() => Identity::Workload,
        (client, _) if client.is_empty() => Identity::System,
        (client, _) => Identity::User(client),
    };
    let vault = KeyVault::new(&url, identity);
    vault.map_err(|why| reader.refuse(&KEY_VAULT_URL, format!("`{url}`: {why}"))).ok()
}
