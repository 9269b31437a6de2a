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
            /// The id of the order: 1 to 64 characters, usually a UUID.
            pub order_id: OrderId,
            /// The customer's id in the caller's system: 1 to 64 characters.
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
        /// The products ordered, 1 to 100, and how many of each.
        items: Vec<Line>,
    }
    /// Every product is reserved.
    OrderReserved = "order.reserved" {
        /// The total of the reserved prices, in minor units.
        total: Money,
    }
    /// The total is charged.
    OrderPaid = "order.paid" {
        /// The id of the payment, for `GET /api/payments/{payment_id}`.
        payment_id: PaymentId,
    }
    /// The shipment is booked.
    OrderShipped = "order.shipped" {
        /// The carrier's tracking id.
        tracking_id: TrackingId,
    }
    /// Every step is done: charged, shipped, and removed from the stock.
    OrderCompleted = "order.completed" {
        /// The total, in minor units.
        total: Money,
    }
    /// The order was stopped, and everything that was done is undone.
    OrderCancelled = "order.cancelled" {
        /// The step that stopped the order, and why it was not done.
        cause: Cause,
        /// What was refunded; absent when nothing was charged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refunded: Option<Money>,
    }
    /// A step could not be completed or undone, and needs attention.
    OrderStuck = "order.stuck" {
        /// The step that stopped the order, and why it was not done.
        cause: Cause,
        /// The steps still to be done, 1 to 3.
        left: Vec<Step>,
    }
    /// Staff refunded an order that had ended, in full or in part.
    OrderRefunded = "order.refunded" {
        /// The id of the refund: an order or a payment may have several.
        refund_id: RefundId,
        /// The amount refunded, in minor units.
        amount: Money,
    }
}
