//! What happens to payments.

use super::{Event, Topic};
use crate::domain::payment::{Owner, RefundId};
use crate::domain::{Money, OrderId, PaymentId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! payment_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// The id of the payment, for `GET /api/payments/{payment_id}`.
            pub payment_id: PaymentId,
            /// The order that it pays, or the caller's own reference (1 to 64 characters).
            pub order_id: OrderId,
            /// The amount, in minor units.
            pub amount: Money,
            /// Who requested the payment; an order if absent.
            #[serde(default)]
            pub by: Owner,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Event for $name {
            const TOPIC: Topic = Topic::Payments;
            const TYPE: &'static str = $kind;

            fn order_id(&self) -> &OrderId {
                &self.order_id
            }
        }
    )+};
}

payment_events! {
    /// A payment was charged.
    PaymentCharged = "payment.charged" {}
    /// A payment was declined; no money moved.
    PaymentDeclined = "payment.declined" {
        /// The provider's code, such as `card_declined`.
        code: String,
    }
    /// A payment was refunded, in full or in part.
    PaymentRefunded = "payment.refunded" {
        /// The id of the refund; absent when the payment was undone with its order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund_id: Option<RefundId>,
    }
}
