//! Where an order is listed.

use crate::domain::CustomerId;
use crate::domain::order::{ListedOrder, OrderQuery, Position, Status};
use jiff::Timestamp;

const DAY: i64 = 86_400;

/// Documents of one stretch of time on a shelf of all customers, so that orders accepted at the same
/// time seldom write the same one.
const SHARDS: u32 = 8;

/// Statuses with shelves of their own: those that people look for, and few orders have.
const SHELVED: [Status; 2] = [Status::Stuck, Status::Cancelled];

/// A list that is kept. An order stays on the shelf of a status that it has left, as what it is by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shelf {
    /// All orders.
    All,
    /// Those of a customer.
    Customer(CustomerId),
    /// Those that are in a status, or were.
    Status(Status),
}

/// Where on a shelf an order is: the numbers of its stretches of time since 1970, and its shard there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) outer: i64,
    pub(super) inner: i64,
    pub(super) shard: u32,
}

impl Shelf {
    /// The shelf with all that `query` shows, and little else.
    pub(super) fn asked(query: &OrderQuery) -> Self {
        let customer = query.customer.clone().map(Self::Customer);
        customer.or_else(|| query.status.and_then(Self::of_status)).unwrap_or(Self::All)
    }

    /// The shelf of those in a status, if there is one.
    pub(super) fn of_status(status: Status) -> Option<Self> {
        SHELVED.contains(&status).then_some(Self::Status(status))
    }

    pub(super) fn place(&self, order: &ListedOrder) -> Place {
        let at = order.created_at;
        let (outer, inner) = (stretch(at, self.outer()), stretch(at, self.inner()));
        let sum = order.order_id.as_str().bytes().map(u32::from).sum::<u32>();
        Place { outer, inner, shard: sum % self.shards() }
    }

    /// The seconds of an outer stretch of time, which the root names.
    pub(super) fn outer(&self) -> i64 {
        if self.is_of_a_customer() { 360 * DAY } else { DAY }
    }

    /// The seconds of an inner stretch of time, which divide those of an outer one.
    pub(super) fn inner(&self) -> i64 {
        if self.is_of_a_customer() { 30 * DAY } else { 15 }
    }

    fn shards(&self) -> u32 {
        if self.is_of_a_customer() { 1 } else { SHARDS }
    }

    fn is_of_a_customer(&self) -> bool {
        matches!(self, Self::Customer(_))
    }

    /// The key of its directory of outer stretches. No order id has an underscore, so none is
    /// mistaken for an order.
    pub(super) fn root(&self) -> String {
        match self {
            Self::All => "_list.all".to_owned(),
            Self::Customer(customer) => format!("_list.of.{customer}"),
            Self::Status(status) => format!("_list.{}", status.name()),
        }
    }

    /// The key of the directory of an outer stretch's inner ones.
    pub(super) fn directory(&self, outer: i64) -> String {
        format!("{}.{outer}", self.root())
    }

    /// The key of a page.
    pub(super) fn page(&self, place: Place, part: u32) -> String {
        let Place { inner, shard, .. } = place;
        format!("{}.{inner}.{shard}.{part}", self.root())
    }
}

/// The number of the stretch of `span` seconds in which `at` is.
pub(super) fn stretch(at: Timestamp, span: i64) -> i64 {
    at.as_second().div_euclid(span)
}

/// The place before all orders of a stretch of time.
pub(super) fn end(stretch: i64, span: i64) -> Position {
    Position::before(Timestamp::from_second((stretch + 1) * span).unwrap_or(Timestamp::MAX))
}
