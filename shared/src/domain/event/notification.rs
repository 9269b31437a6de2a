//! Messages for customers.

use super::{Event, Line, Topic};
use crate::domain::text::{Email, Text};
use crate::domain::{Money, OrderId, TrackingId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A message for a customer is requested. `send-email` mails it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NotificationRequested {
    /// The order that it is about.
    pub order_id: OrderId,
    /// Where it goes.
    pub to: Email,
    /// Whom it addresses.
    pub name: Text<100>,
    /// What it says.
    pub notice: Notice,
}

/// What the message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Notice {
    /// The order has arrived.
    OrderReceived {
        /// What was ordered.
        items: Vec<Line>,
    },
    /// The goods are on their way.
    OrderShipped {
        /// The shipment.
        tracking_id: TrackingId,
    },
    /// Everything is done.
    OrderCompleted {
        /// What the order cost.
        total: Money,
    },
    /// Everything is undone.
    OrderCancelled {
        /// Why, in words.
        reason: String,
        /// What was charged and has been given back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refunded: Option<Money>,
    },
    /// The money has arrived.
    Receipt {
        /// How much.
        amount: Money,
    },
    /// The money has been given back.
    Refund {
        /// How much.
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
