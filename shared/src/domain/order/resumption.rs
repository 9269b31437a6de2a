//! Orders that staff resumed.

use super::Order;
use crate::domain::text::Text;
use crate::domain::{CustomerId, record, strict};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a request to resume an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResumption {
    /// Why, for staff to read later.
    #[serde(
        default,
        deserialize_with = "strict::text_if_any",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<Text<200>>,
}

/// That staff resumed an order, as its document keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Resumption {
    /// Who, by the subject of the token; nobody where no tokens are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CustomerId>,
    /// Why, as staff wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<200>>,
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

impl record::Entry for Resumption {
    fn at(&self) -> Timestamp {
        self.at
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (&self.by, &self.reason) == (&other.by, &other.reason)
    }
}

impl Order {
    /// Notes that staff resume it. Repeated, or once it has ended for good, it changes nothing.
    pub fn note_resumption(&mut self, resumption: Resumption) {
        if !self.status.is_final() {
            record::keep(&mut self.resumptions, resumption);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Progress;
    use crate::domain::saga::Outcome;
    use crate::testing::orders::{at, placed_order};

    fn resumed(reason: &str, second: i64) -> Resumption {
        let by = Some(placed_order().order.customer_id);
        Resumption { by, reason: Some(reason.to_owned().try_into().unwrap()), at: at(second) }
    }

    #[test]
    fn a_repetition_is_noted_once_and_another_reason_or_a_later_request_again() {
        let mut order = Order::new(placed_order());
        for (reason, second) in [("key", 0), ("key", 59), ("bank", 59), ("bank", 120)] {
            order.note_resumption(resumed(reason, second));
        }
        assert_eq!(
            order.resumptions,
            [resumed("key", 0), resumed("bank", 59), resumed("bank", 120)]
        );
    }

    #[test]
    fn an_order_that_has_ended_is_not_resumed() {
        let mut order = Order::new(placed_order());
        order.note(&Progress::Ended(Outcome::Fulfilled), at(1));
        order.note_resumption(resumed("key", 2));
        assert_eq!(order.resumptions, []);
    }
}
