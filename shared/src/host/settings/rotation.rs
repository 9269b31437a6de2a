//! What the rotation of keys needs to know.

use super::{Setting, told, web_address, within};
use jiff::SignedDuration;
use reqwest::Url;

/// `KEY_VAULT_URL`: the vault that keeps the shop's secrets.
pub const KEY_VAULT_URL: Setting<Url> = Setting {
    name: "KEY_VAULT_URL",
    default: None,
    parse: |text| match web_address(text) {
        Ok(url) if url.scheme() == "https" => Ok(url),
        _ => Err(format!("`{text}` must be such as https://shop.vault.azure.net")),
    },
};

/// `AZURE_CLIENT_ID`: the managed identity that may write there; empty: the only one that there is.
pub const AZURE_CLIENT_ID: Setting<String> =
    Setting { name: "AZURE_CLIENT_ID", default: Some(""), parse: told };

/// `AZURE_FEDERATED_TOKEN_FILE`: set where a workload's identity is used in place of a managed one
/// ([AKS](https://learn.microsoft.com/azure/aks/workload-identity-overview)), with other variables
/// that the SDK reads.
pub const AZURE_FEDERATED_TOKEN_FILE: Setting<String> =
    Setting { name: "AZURE_FEDERATED_TOKEN_FILE", default: Some(""), parse: told };

/// `PAYMENT_KEY_DAYS`: how long a fresh key lasts. The vault tells 30 days before.
pub const PAYMENT_KEY_DAYS: Setting<SignedDuration> = Setting {
    name: "PAYMENT_KEY_DAYS",
    default: Some("90"),
    parse: |text| {
        within(text, 31, 3_650).map(|days| SignedDuration::from_secs(days.cast_signed() * 86_400))
    },
};

/// `PAYMENT_KEY_OVERLAP_MINUTES`: how long the old key is good beside a fresh one.
pub const PAYMENT_KEY_OVERLAP_MINUTES: Setting<SignedDuration> = Setting {
    name: "PAYMENT_KEY_OVERLAP_MINUTES",
    default: Some("1440"),
    parse: |text| {
        within(text, 1, 10_080).map(|minutes| SignedDuration::from_secs(minutes.cast_signed() * 60))
    },
};

#[cfg(test)]
mod tests {
    use super::super::{Reader, Variables};
    use super::*;

    struct Every(&'static str);

    impl Variables for Every {
        fn get(&self, _: &str) -> Option<String> {
            Some(self.0.to_owned())
        }
    }

    fn wrong<T>(setting: &Setting<T>, value: &'static str) -> Vec<String> {
        let mut reader = Reader::new(Every(value));
        reader.read(setting);
        reader.invalid().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_vault_is_reached_by_tls_alone() {
        assert!(wrong(&KEY_VAULT_URL, "https://shop.vault.azure.net").is_empty());
        assert_eq!(
            wrong(&KEY_VAULT_URL, "http://shop.vault.azure.net"),
            [
                "KEY_VAULT_URL: `http://shop.vault.azure.net` must be such as https://shop.vault.azure.net"
            ]
        );
    }

    #[test]
    fn a_key_lasts_longer_than_the_vault_s_notice() {
        assert!(wrong(&PAYMENT_KEY_DAYS, "31").is_empty());
        assert_eq!(
            wrong(&PAYMENT_KEY_DAYS, "30"),
            ["PAYMENT_KEY_DAYS: `30` must be a whole number from 31 to 3650"]
        );
        assert!(!wrong(&PAYMENT_KEY_OVERLAP_MINUTES, "0").is_empty());
    }
}
