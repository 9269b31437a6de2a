//! What Azure Key Vault reports about the shop's secrets, by Event Grid
//! ([schema](https://learn.microsoft.com/azure/event-grid/event-schema-key-vault)).

use super::{CloudEvent, Poison};
use serde::Deserialize;

/// A version of a secret expires soon: usually in 30 days.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SecretNearExpiry {
    /// The name of the secret, such as `payment-api-key`.
    #[serde(rename = "ObjectName", alias = "objectName")]
    pub name: String,
    /// Its version: 32 hexadecimal digits.
    #[serde(rename = "Version", alias = "version")]
    pub version: String,
}

impl SecretNearExpiry {
    /// The type of the event.
    pub const TYPE: &'static str = "Microsoft.KeyVault.SecretNearExpiry";

    /// Reads an event of this type; none if it is of another.
    ///
    /// # Errors
    /// [`Poison::BadData`].
    pub fn read(event: &CloudEvent) -> Result<Option<Self>, Poison> {
        if event.kind != Self::TYPE {
            return Ok(None);
        }
        Self::deserialize(&event.data).map(Some).map_err(|error| Poison::BadData(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(kind: &str, data: &Value) -> CloudEvent {
        let event = json!({
            "specversion": "1.0", "id": "1", "type": kind, "subject": "payment-api-key",
            "source": "/subscriptions/1/resourceGroups/shop/providers/Microsoft.KeyVault/vaults/shop",
            "time": "2026-07-25T01:08:33.1036736Z", "data": data,
        });
        CloudEvent::read(event.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn both_documented_spellings_are_read() {
        let expected = SecretNearExpiry { name: "payment-api-key".into(), version: "ee05".into() };
        for data in [
            json!({"ObjectName": "payment-api-key", "ObjectType": "Secret", "Version": "ee05", "EXP": 1}),
            json!({"objectName": "payment-api-key", "objectType": "Secret", "version": "ee05"}),
        ] {
            let read = SecretNearExpiry::read(&event(SecretNearExpiry::TYPE, &data));
            assert_eq!(read, Ok(Some(expected.clone())));
        }
    }

    #[test]
    fn another_type_is_none_and_missing_data_is_poison() {
        let other = event("Microsoft.KeyVault.SecretExpired", &json!({}));
        assert_eq!(SecretNearExpiry::read(&other), Ok(None));
        let empty = event(SecretNearExpiry::TYPE, &json!({}));
        assert!(matches!(SecretNearExpiry::read(&empty), Err(Poison::BadData(_))));
    }
}
