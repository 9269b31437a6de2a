//! The settings of the rotation of keys.

use super::{Setting, parsed, web_address, within};
use jiff::SignedDuration;
use reqwest::Url;

/// `KEY_VAULT_URL`: the vault that stores the shop's secrets.
pub const KEY_VAULT_URL: Setting<Url> = Setting {
    name: "KEY_VAULT_URL",
    default: None,
    parse: |text| match web_address(text) {
        Ok(url) if url.scheme() == "https" => Ok(url),
        _ => Err(format!("`{text}` must be an address such as https://shop.vault.azure.net")),
    },
};

/// `AZURE_CLIENT_ID`: the managed identity that may write there; empty: the only one.
pub const AZURE_CLIENT_ID: Setting<String> =
    Setting { name: "AZURE_CLIENT_ID", default: Some(""), parse: parsed };

/// `AZURE_FEDERATED_TOKEN_FILE`: set where a workload's identity is used in place of a managed one
/// ([AKS](https://learn.microsoft.com/azure/aks/workload-identity-overview)), with other variables
/// that the SDK reads.
pub const AZURE_FEDERATED_TOKEN_FILE: Setting<String> =
    Setting { name: "AZURE_FEDERATED_TOKEN_FILE", default: Some(""), parse: parsed };

/// `PAYMENT_KEY_DAYS`: how long a new key is valid. The vault reports it 30 days before it expires.
pub const PAYMENT_KEY_DAYS: Setting<SignedDuration> = Setting {
    name: "PAYMENT_KEY_DAYS",
    default: Some("90"),
    parse: |text| {
        within(text, 31, 3_650).map(|days| SignedDuration::from_secs(days.cast_signed() * 86_400))
    },
};

/// `PAYMENT_KEY_OVERLAP_MINUTES`: how long the old key stays valid beside a new one.
pub const PAYMENT_KEY_OVERLAP_MINUTES: Setting<SignedDuration> = Setting {
    name: "PAYMENT_KEY_OVERLAP_MINUTES",
    default: Some("1440"),
    parse: |text| {
        within(text, 1, 10_080).map(|minutes| SignedDuration::from_secs(minutes.cast_signed() * 60))
    },
};

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    struct Every(&'static str);

    impl Variables for Every {
        fn get(&self, _: &str) -> Option<String> {
            Some(self.0.to_owned())
        }
    }

    fn fault<T>(setting: &Setting<T>, value: &'static str) -> Option<String> {
        let invalid = setting.read(&Every(value)).err()?;
        Some(invalid.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_vault_is_reached_by_tls_alone() {
        assert!(fault(&KEY_VAULT_URL, "https://shop.vault.azure.net").is_none());
        assert_eq!(
            fault(&KEY_VAULT_URL, "http://shop.vault.azure.net"),
            Some("KEY_VAULT_URL: `http://shop.vault.azure.net` must be an address such as https://shop.vault.azure.net".to_owned())
        );
    }

    #[test]
    fn a_key_lasts_longer_than_the_vault_s_notice() {
        assert!(fault(&PAYMENT_KEY_DAYS, "31").is_none());
        assert_eq!(
            fault(&PAYMENT_KEY_DAYS, "30"),
            Some("PAYMENT_KEY_DAYS: `30` must be a whole number from 31 to 3650".to_owned())
        );
        assert!(fault(&PAYMENT_KEY_OVERLAP_MINUTES, "0").is_some());
    }
}
