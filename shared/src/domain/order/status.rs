//! How far an order has come.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How far an order has come. It only ever walks down this list; the last two are final.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Accepted; nothing is reserved yet.
    Pending,
    /// Every product is reserved.
    Reserved,
    /// The total is charged.
    Paid,
    /// The shipment is booked.
    Shipped,
    /// Something could not be brought to its end yet.
    Stuck,
    /// Charged, shipped, and gone from the stock: final.
    Completed,
    /// Stopped, with everything undone: final.
    Cancelled,
}

impl Status {
    /// The name on the wire, in kebab-case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Reserved => "reserved",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Stuck => "stuck",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the order has ended for good.
    #[must_use]
    pub fn is_final(self) -> bool {
        self >= Self::Completed
    }
}
