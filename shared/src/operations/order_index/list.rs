//! Where an order is listed.

use crate::domain::CustomerId;
use crate::domain::order::{ListedOrder, OrderQuery, Position, Status};
use jiff::Timestamp;

const DAY: i64 = 86_400;

/// Documents of one period on a list of all customers, so that orders accepted at the same time
/// rarely write the same one.
const SHARDS: u32 = 8;

/// Statuses with separate lists: those that people look for and few orders have.
const LISTED: [Status; 2] = [Status::Stuck, Status::Cancelled];

/// A stored list. An order stays on the list of a status that it has left, with its new status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum List {
    /// All orders.
    All,
    /// Those of a customer.
    Customer(CustomerId),
    /// Those that are in a status, or were.
    Status(Status),
}

/// The place of an order on a list: the numbers of its periods since 1970, and its shard there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) outer: i64,
    pub(super) inner: i64,
    pub(super) shard: u32,
}

impl List {
    /// The shortest list with all the orders that `query` matches.
    pub(super) fn asked(query: &OrderQuery) -> Self {
        let customer = query.customer.clone().map(Self::Customer);
        customer.or_else(|| query.status.and_then(Self::of_status)).unwrap_or(Self::All)
    }

    /// The list of those in a status, if there is one.
    pub(super) fn of_status(status: Status) -> Option<Self> {
        LISTED.contains(&status).then_some(Self::Status(status))
    }

    pub(super) fn place(&self, order: &ListedOrder) -> Place {
        let at = order.created_at;
        let (outer, inner) = (period(at, self.outer()), period(at, self.inner()));
        let sum = order.order_id.as_str().bytes().map(u32::from).sum::<u32>();
        Place { outer, inner, shard: sum % self.shards() }
    }

    /// The seconds of an outer period, which the root names.
    pub(super) fn outer(&self) -> i64 {
        if self.is_of_a_customer() { 360 * DAY } else { DAY }
    }

    /// The seconds of an inner period, which divide those of an outer one.
    pub(super) fn inner(&self) -> i64 {
        if self.is_of_a_customer() { 30 * DAY } else { 15 }
    }

    fn shards(&self) -> u32 {
        if self.is_of_a_customer() { 1 } else { SHARDS }
    }

    fn is_of_a_customer(&self) -> bool {
        matches!(self, Self::Customer(_))
    }

    /// The key of its directory of outer periods. No order id has an underscore, so the keys differ from
    /// those of orders.
    pub(super) fn root(&self) -> String {
        match self {
            Self::All => "_list.all".to_owned(),
            Self::Customer(customer) => format!("_list.of.{customer}"),
            Self::Status(status) => format!("_list.{}", status.name()),
        }
    }

    /// The key of the directory of an outer period's inner ones.
    pub(super) fn directory(&self, outer: i64) -> String {
        format!("{}.{outer}", self.root())
    }

    /// The key of a page.
    pub(super) fn page(&self, place: Place, part: u32) -> String {
        let Place { inner, shard, .. } = place;
        format!("{}.{inner}.{shard}.{part}", self.root())
    }
}

/// The number of the period of `span` seconds that contains `at`.
pub(super) fn period(at: Timestamp, span: i64) -> i64 {
    at.as_second().div_euclid(span)
}

/// The position before all orders of a period.
pub(super) fn end(period: i64, span: i64) -> Position {
    Position::before(Timestamp::from_second((period + 1) * span).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Order;
    use crate::testing::orders::{at, placed_order};

    #[test]
    fn orders_are_listed_under_the_keys_that_earlier_versions_wrote() {
        let mut placed = placed_order();
        (placed.order_id, placed.created_at) = ("order-1".parse().unwrap(), at(7));
        let order = ListedOrder::from(&Order::new(placed));
        let of_ann = List::Customer(order.customer_id.clone());
        for (list, root, directory, page) in [
            (List::All, "_list.all", "_list.all.20833", "_list.all.120000000.2.1"),
            (of_ann, "_list.of.ann", "_list.of.ann.57", "_list.of.ann.694.0.1"),
            (
                List::Status(Status::Stuck),
                "_list.stuck",
                "_list.stuck.20833",
                "_list.stuck.120000000.2.1",
            ),
        ] {
            let place = list.place(&order);
            assert_eq!(list.root(), root);
            assert_eq!(list.directory(place.outer), directory);
            assert_eq!(list.page(place, 1), page);
        }
    }

    #[test]
    fn a_query_reads_the_shelf_with_the_fewest_orders_that_it_does_not_show() {
        let ann: CustomerId = "ann".parse().unwrap();
        let of_ann = List::Customer(ann.clone());
        for (customer, status, list) in [
            (None, None, List::All),
            (None, Some(Status::Paid), List::All),
            (None, Some(Status::Stuck), List::Status(Status::Stuck)),
            (None, Some(Status::Cancelled), List::Status(Status::Cancelled)),
            (Some(ann), Some(Status::Stuck), of_ann),
        ] {
            let query = OrderQuery { customer, status, after: None, limit: 1 };
            assert_eq!(List::asked(&query), list);
        }
    }

    #[test]
    fn a_stretch_of_time_ends_where_the_next_one_begins() {
        for (span, first) in [(15, at(0)), (DAY, at(16 * 3_600))] {
            let number = period(first, span);
            let next = first.as_second() + span;
            assert_eq!(period(Timestamp::from_second(next - 1).unwrap(), span), number);
            let next = Timestamp::from_second(next).unwrap();
            assert_eq!(period(next, span), number + 1);
            assert_eq!(end(number, span), Position::before(next));
        }
    }
}
