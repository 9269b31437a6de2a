//! Ids of orders, products, customers, payments and shipments.
//!
//! What is stored is read by the same rule as what callers send: ids become keys of documents, ids of
//! actors and workflows, and segments of paths, for which every other character is unsafe.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// The most characters an id has. Ids become actor and workflow ids, which Dapr bounds.
pub const MAX_LENGTH: usize = 64;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_LENGTH} lower case letters, digits and hyphens")]
pub struct NotAnId;

/// Whether `text` is an id: 1 to [`MAX_LENGTH`] lower case letters, digits and hyphens.
#[must_use]
pub fn is_id(text: &str) -> bool {
    (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// 1 to 64 lower case letters, digits and hyphens.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("pattern" = "^[a-z0-9-]{1,64}$"))]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                if is_id(&text) { Ok(Self(text)) } else { Err(NotAnId) }
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id.to_string())
            }
        }
    };
}

id! {
    /// An order, and the workflow that fulfils it.
    OrderId
}
id! {
    /// A product, and the actor that owns its stock.
    ProductId
}
id! {
    /// A customer, by the id in the caller's system.
    CustomerId
}
id! {
    /// The payment of an order.
    PaymentId
}
id! {
    /// The shipment of an order, by the carrier's id.
    TrackingId
}

id! {
    /// A dead letter.
    LetterId
}

const ORDERS: Uuid = Uuid::from_u128(0x6c0d_3b9e_52a4_5d1f_9e0b_7f2c_41d8_a063);
const PAYMENTS: Uuid = Uuid::from_u128(0x0b57_9c14_8f6e_5a27_b3d1_24e6_90c5_7f38);
const CALLERS_PAYMENTS: Uuid = Uuid::from_u128(0x93ad_417f_c0e2_5b68_8d14_72f5_1e9a_b63c);
const LETTERS: Uuid = Uuid::from_u128(0x4e8b_2d70_91fc_5a63_b7e4_c05d_38a2_6f19);
const SHIPMENTS: Uuid = Uuid::from_u128(0xd1f2_46a8_03c7_5be9_8a5d_6e19_b740_2c5e);

impl OrderId {
    /// The order that `customer` places under an `Idempotency-Key`: the same for the same pair
    /// (`UUIDv5`, [RFC 9562 §5.5](https://www.rfc-editor.org/rfc/rfc9562#section-5.5)).
    #[must_use]
    pub fn for_key(customer: &CustomerId, key: &str) -> Self {
        // A customer id holds no slash, so no two pairs give the same text.
        Uuid::new_v5(&ORDERS, format!("{customer}/{key}").as_bytes()).into()
    }
}

impl PaymentId {
    /// The one payment of `order`.
    #[must_use]
    pub fn of(order: &OrderId) -> Self {
        Uuid::new_v5(&PAYMENTS, order.as_str().as_bytes()).into()
    }

    /// The one payment that a caller makes under its own `reference`: never an order's.
    #[must_use]
    pub fn by_caller(reference: &OrderId) -> Self {
        Uuid::new_v5(&CALLERS_PAYMENTS, reference.as_str().as_bytes()).into()
    }
}

impl TrackingId {
    /// The one shipment of `order`.
    #[must_use]
    pub fn of(order: &OrderId) -> Self {
        Uuid::new_v5(&SHIPMENTS, order.as_str().as_bytes()).into()
    }
}

impl LetterId {
    /// The letter of what `name` names.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Uuid::new_v5(&LETTERS, name.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_lower_case_text_up_to_64_is_an_id(text in "[a-z0-9-]{1,64}") {
            let id: ProductId = text.parse().unwrap();
            prop_assert_eq!(id.as_str(), text);
        }

        #[test]
        fn the_same_customer_and_key_give_the_same_order(c in "[a-z0-9-]{1,64}", key in ".{1,64}") {
            let customer: CustomerId = c.parse().unwrap();
            prop_assert_eq!(OrderId::for_key(&customer, &key), OrderId::for_key(&customer, &key));
        }
    }

    #[test]
    fn other_texts_are_not_ids() {
        for text in ["", "Upper", "a b", "a_b", "ü", "a/b", &"a".repeat(65)] {
            assert_eq!(text.parse::<OrderId>(), Err(NotAnId), "{text}");
        }
    }

    #[test]
    fn another_key_or_customer_gives_another_order() {
        let [ann, bob]: [CustomerId; 2] = ["ann", "bob"].map(|c| c.parse().unwrap());
        assert_ne!(OrderId::for_key(&ann, "1"), OrderId::for_key(&ann, "2"));
        assert_ne!(OrderId::for_key(&ann, "1"), OrderId::for_key(&bob, "1"));
    }
}
