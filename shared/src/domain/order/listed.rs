//! Orders in lists, newest first, a page at a time.

use super::{Order, Status};
use crate::domain::{CustomerId, Money, OrderId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a list shows of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedOrder {
    /// Its id.
    pub order_id: OrderId,
    /// The customer who placed it.
    pub customer_id: CustomerId,
    /// The status at that time.
    pub status: Status,
    /// The total of the reserved prices; none before `reserved`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// When it was accepted.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub created_at: Timestamp,
    /// When its saga had last changed it.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub updated_at: Timestamp,
}

impl From<&Order> for ListedOrder {
    fn from(order: &Order) -> Self {
        Self {
            order_id: order.placed.order_id.clone(),
            customer_id: order.customer().clone(),
            status: order.status,
            total: order.total,
            created_at: order.placed.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl ListedOrder {
    /// Whether it is a later state of the same order than `other`.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        (self.status, self.updated_at) > (other.status, other.updated_at)
    }

    /// Its position in lists.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { at: self.created_at, order_id: Some(self.order_id.clone()) }
    }
}

/// A position in lists, in which later orders come first. As text: nanoseconds since 1970, then a dot
/// and the order's id, if it is the position of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    at: Timestamp,
    order_id: Option<OrderId>,
}

impl Position {
    /// The first nanoseconds since 1970 with more than 19 digits: in 2286.
    const END: u64 = 10_u64.pow(19);

    /// Before every order that was accepted earlier than `at`, after all others.
    #[must_use]
    pub fn before(at: Timestamp) -> Self {
        Self { at, order_id: None }
    }

    /// The latest time at which orders there were accepted.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at.as_nanosecond())?;
        self.order_id.iter().try_for_each(|id| write!(f, ".{id}"))
    }
}

/// A text that is not a position in a list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be the `next` of a page")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let (nanos, id) = match text.split_once('.') {
            Some((nanos, id)) => (nanos, Some(id.parse().map_err(|_| NotAPosition)?)),
            None => (text, None),
        };
        let nanos: u64 = nanos.parse().map_err(|_| NotAPosition)?;
        let at = Timestamp::from_nanosecond(nanos.into()).map_err(|_| NotAPosition)?;
        let position = Self { at, order_id: id };
        let is_canonical = (1..Self::END).contains(&nanos) && position.to_string() == text;
        is_canonical.then_some(position).ok_or(NotAPosition)
    }
}

/// Which orders a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderQuery {
    /// Those of one customer; of all if none.
    pub customer: Option<CustomerId>,
    /// Those in one status; in any if none.
    pub status: Option<Status>,
    /// Those after a position.
    pub after: Option<Position>,
    /// The maximum number.
    pub limit: usize,
}

impl OrderQuery {
    /// Whether `order` matches.
    #[must_use]
    pub fn shows(&self, order: &ListedOrder) -> bool {
        self.status.is_none_or(|status| order.status == status)
            && self.after.as_ref().is_none_or(|after| order.position() < *after)
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPage {
    /// The orders, newest first.
    pub orders: Vec<ListedOrder>,
    /// The position after which there may be more; none at the end.
    pub next: Option<Position>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::at;

    #[test]
    fn a_position_is_read_as_it_was_written() {
        let id: OrderId = "a-1".parse().unwrap();
        let place = Position { at: at(7), order_id: Some(id) };
        assert_eq!(place.to_string(), "1800000007000000000.a-1");
        for place in [place, Position::before(at(7))] {
            assert_eq!(place.to_string().parse(), Ok(place));
        }
        for text in [
            "",
            "x",
            "1.",
            "1.A",
            ".a",
            "1.a.b",
            "0.5",
            "+1",
            "01",
            "-1",
            "10000000000000000000",
            "99999999999999999999999999999999",
        ] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
