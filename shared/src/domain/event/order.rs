//! What happens to orders.

use super::{Event, Line, Topic};
use crate::domain::payment::RefundId;
use crate::domain::saga::{Cause, Step};
use crate::domain::{CustomerId, Money, OrderId, PaymentId, TrackingId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! order_events {
    ($($(#[$doc:meta])* $name:ident = $kind:literal { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// The order.
            pub order_id: OrderId,
            /// Who ordered.
            pub customer_id: CustomerId,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Event for $name {
            const TOPIC: Topic = Topic::Orders;
            const TYPE: &'static str = $kind;

            fn order_id(&self) -> &OrderId {
                &self.order_id
            }
        }
    )+};
}

order_events! {
    /// An order was accepted, and its saga runs.
    OrderCreated = "order.created" {
        /// What was ordered.
        items: Vec<Line>,
    }
    /// Every product is reserved.
    OrderReserved = "order.reserved" {
        /// What the order costs.
        total: Money,
    }
    /// The total is charged.
    OrderPaid = "order.paid" {
        /// The payment.
        payment_id: PaymentId,
    }
    /// The shipment is booked.
    OrderShipped = "order.shipped" {
        /// The shipment.
        tracking_id: TrackingId,
    }
    /// Everything is done.
    OrderCompleted = "order.completed" {
        /// What the order cost.
        total: Money,
    }
    /// Everything is undone.
    OrderCancelled = "order.cancelled" {
        /// What stopped the order.
        cause: Cause,
        /// What was charged and has been given back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refunded: Option<Money>,
    }
    /// Something could not be brought to its end, and a person must look.
    OrderStuck = "order.stuck" {
        /// What stopped the order.
        cause: Cause,
        /// The steps still to be done.
        left: Vec<Step>,
    }
    /// Staff gave back what was paid for an order that had ended, whole or in part.
    OrderRefunded = "order.refunded" {
        /// Which refund of several.
        refund_id: RefundId,
        /// How much was given back.
        amount: Money,
    }
}
