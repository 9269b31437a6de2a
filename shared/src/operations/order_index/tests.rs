//! The lists, against what is made of all orders by sorting them.

use super::*;
use crate::domain::CustomerId;
use crate::domain::order::{Progress, Status};
use crate::domain::saga::{Cause, Outcome, Step, Stop};
use crate::testing::fakes::FakeDocuments;
use crate::testing::orders::{at, euro, placed_order};
use proptest::prelude::*;
use proptest::sample::Index;

type Fake = OrderIndex<FakeDocuments<String, IndexPage>, FakeDocuments<String, Directory>>;

fn index() -> Fake {
    OrderIndex { pages: FakeDocuments::default(), directories: FakeDocuments::default() }
}

/// An order of one of three customers, and the states that it goes through.
fn states(number: usize, second: i64, end: u8) -> Vec<Order> {
    let mut placed = placed_order();
    placed.order_id = format!("order-{number}").parse().unwrap();
    placed.created_at = at(second);
    placed.order.customer_id = ["ann", "bob", "eve"][number % 3].parse().unwrap();
    let mut order = Order::new(placed);
    let mut states = vec![order.clone()];
    let cause = Cause { step: Step::Pay, stop: Stop::Failed };
    let left = vec![Step::RefundPayment];
    let ends = [
        vec![],
        vec![Outcome::Fulfilled],
        vec![Outcome::Cancelled { cause: cause.clone() }],
        vec![Outcome::Stuck { cause: cause.clone(), left: left.clone() }],
        vec![Outcome::Stuck { cause: cause.clone(), left }, Outcome::Cancelled { cause }],
    ];
    let ends = ends[usize::from(end)].iter().cloned().map(Progress::Ended);
    let progress = [Progress::Reserved { total: euro(700) }].into_iter().chain(ends);
    for (progress, later) in progress.zip(1..) {
        order.note(&progress, at(second + later));
        states.push(order.clone());
    }
    states
}

fn query(customer: Option<&str>, status: Option<Status>, limit: usize) -> OrderQuery {
    let customer = customer.map(|customer| customer.parse().unwrap());
    OrderQuery { customer, status, after: None, limit }
}

/// All orders of a list, from page to page, and the number of pages.
async fn all(index: &Fake, mut query: OrderQuery) -> (Vec<ListedOrder>, usize) {
    let (mut orders, mut pages) = (Vec::new(), 0);
    loop {
        let page = index.page(&query).await.unwrap();
        assert!(page.orders.len() <= query.limit);
        orders.extend(page.orders);
        pages += 1;
        match page.next {
            Some(next) => query.after = Some(next.to_string().parse().unwrap()),
            None => return (orders, pages),
        }
    }
}

/// What the lists must show, by looking at every order.
fn expected(orders: &[Vec<Order>], query: &OrderQuery) -> Vec<ListedOrder> {
    let last = orders.iter().map(|states| ListedOrder::from(states.last().unwrap()));
    let of_customer = |order: &ListedOrder| {
        query.customer.as_ref().is_none_or(|customer: &CustomerId| *customer == order.customer_id)
    };
    let mut orders: Vec<_> = last.filter(|it| of_customer(it) && query.shows(it)).collect();
    orders.sort_by_key(|order| std::cmp::Reverse(order.position()));
    orders
}

const STATUSES: [Option<Status>; 6] = [
    None,
    Some(Status::Pending),
    Some(Status::Reserved),
    Some(Status::Stuck),
    Some(Status::Completed),
    Some(Status::Cancelled),
];

async fn shows_what_there_is(
    orders: Vec<(i64, u8)>,
    deliveries: Vec<(Index, Index)>,
    limit: usize,
) {
    let index = index();
    let numbered = orders.into_iter().enumerate();
    let orders: Vec<_> =
        numbered.map(|(number, (second, end))| states(number, second, end)).collect();
    for (order, state) in deliveries {
        index.put(state.get(order.get::<Vec<Order>>(&orders))).await.unwrap();
    }
    // What was delivered before comes again, out of order, but for the last state, which comes once.
    for states in &orders {
        index.put(states.last().unwrap()).await.unwrap();
        index.put(&states[0]).await.unwrap();
    }
    for status in STATUSES {
        for customer in [None, Some("ann"), Some("nobody")] {
            let query = query(customer, status, limit);
            assert_eq!(all(&index, query.clone()).await.0, expected(&orders, &query));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn lists_show_every_order_once_as_it_is_newest_first_whatever_came_when(
        orders in prop::collection::vec((prop_oneof![0_i64..40, 0_i64..5_000_000], 0_u8..5), 0..30),
        deliveries in prop::collection::vec(any::<(Index, Index)>(), 0..60),
        limit in 1_usize..12,
    ) {
        let deliveries = if orders.is_empty() { vec![] } else { deliveries };
        futures::executor::block_on(shows_what_there_is(orders, deliveries, limit));
    }
}

#[tokio::test]
async fn a_page_that_is_full_is_followed_by_another() {
    let index = index();
    let orders: Vec<_> = (0..1_000).map(|number| states(number, 0, 0)).collect();
    for states in &orders {
        index.put(states.last().unwrap()).await.unwrap();
        index.put(states.last().unwrap()).await.unwrap();
    }
    for customer in [None, Some("ann")] {
        let query = query(customer, None, 100);
        assert_eq!(all(&index, query.clone()).await.0, expected(&orders, &query));
    }
}

#[tokio::test]
async fn a_search_that_finds_little_is_bounded_and_resumes_where_it_ended() {
    let index = index();
    for number in 0..500 {
        let states = states(number, 20 * i64::try_from(number).unwrap(), u8::from(number > 0));
        index.put(states.last().unwrap()).await.unwrap();
    }
    let pending = query(None, Some(Status::Reserved), 10);
    let (found, pages) = all(&index, pending).await;
    assert_eq!((found.len(), found[0].order_id.as_str(), pages), (1, "order-0", 3));
}
