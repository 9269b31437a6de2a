//! The rotation of the payment provider's key, as the settings describe it.

use crate::host::settings::rotation::{
    AZURE_CLIENT_ID, AZURE_FEDERATED_TOKEN_FILE, KEY_VAULT_URL, PAYMENT_KEY_DAYS,
    PAYMENT_KEY_OVERLAP_MINUTES,
};
use crate::host::settings::{PAYMENT_PROVIDER_URL, Together};
use crate::host::{InvalidSettings, Setup, SystemClock};
use crate::key_vault::{Identity, KeyVault};
use crate::operations::rotation::Rotation;
use crate::provider::StripeKeys;
use std::sync::Arc;

/// The rotation of the payment provider's key, in the vault that the settings name.
///
/// # Errors
/// When the settings name no provider or no vault.
pub fn rotation(
    setup: &Setup,
) -> Result<Rotation<KeyVault, StripeKeys, SystemClock>, InvalidSettings> {
    let provider = setup.read(&PAYMENT_PROVIDER_URL);
    let lifetime = setup.read(&PAYMENT_KEY_DAYS);
    let overlap = setup.read(&PAYMENT_KEY_OVERLAP_MINUTES);
    let (provider, lifetime, overlap, vault) =
        (provider, lifetime, overlap, vault(setup)).together()?;
    let issuer = StripeKeys::new(provider);
    Ok(Rotation { vault, issuer, clock: SystemClock, lifetime, overlap, turn: Arc::default() })
}

fn vault(setup: &Setup) -> Result<KeyVault, InvalidSettings> {
    let client = setup.read(&AZURE_CLIENT_ID);
    let workload = setup.read(&AZURE_FEDERATED_TOKEN_FILE);
    let (client, workload, url) = (client, workload, setup.read(&KEY_VAULT_URL)).together()?;
    let identity = match client {
        _ if !workload.is_empty() => Identity::Workload,
        client if client.is_empty() => Identity::System,
        client => Identity::User(client),
    };
    KeyVault::new(&url, identity).map_err(|why| KEY_VAULT_URL.invalid(format!("`{url}`: {why}")))
}
