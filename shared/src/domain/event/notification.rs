//! Messages for customers.

use super::{Event, Line, Topic};
use crate::domain::text::{Email, Text};
use crate::domain::{Money, OrderId, TrackingId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message for a customer is requested. `send-email` mails it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationRequested {
    /// The order that it is about: 1 to 64 characters, usually a UUID.
    pub order_id: OrderId,
    /// The recipient's address.
    pub to: Email,
    /// The recipient's name, at most 100 characters.
    pub name: Text<100>,
    /// The kind of message, with its facts.
    pub notice: Notice,
}

/// The kind of message, and the facts that it states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Notice {
    /// The order was accepted.
    OrderReceived {
        /// The products ordered, 1 to 100, and how many of each.
        items: Vec<Line>,
    },
    /// The order was shipped.
    OrderShipped {
        /// The carrier's tracking id.
        tracking_id: TrackingId,
    },
    /// The order is completed.
    OrderCompleted {
        /// The total, in minor units.
        total: Money,
    },
    /// The order is cancelled, and everything that was done is undone.
    OrderCancelled {
        /// The reason, as a sentence for the customer.
        reason: String,
        /// What was refunded; absent when nothing was charged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refunded: Option<Money>,
    },
    /// The order's total was charged.
    Receipt {
        /// The amount, in minor units.
        amount: Money,
    },
    /// A refund was made.
    Refund {
        /// The amount, in minor units.
        amount: Money,
    },
}

impl Event for NotificationRequested {
    const TOPIC: Topic = Topic::Notifications;
    const TYPE: &'static str = "notification.requested";

    fn order_id(&self) -> &OrderId {
        &self.order_id
    }
}
