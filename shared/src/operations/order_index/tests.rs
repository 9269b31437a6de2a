//! The lists, compared with all orders, sorted.

use super::*;
use crate::domain::event::OrderShipped;
use crate::domain::order::{Progress, Status};
use crate::domain::saga::{Cause, Outcome, Step, Stop};
use crate::domain::{CustomerId, TrackingId};
use crate::ports::{Saved, Version, Versioned};
use crate::testing::fakes::FakeDocuments;
use crate::testing::orders::{at, euro, placed_order};
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::{Arc, Mutex};

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
    // Of 500 orders in 500 documents, and of 250 on as many days, whose directories count too.
    for (count, seconds) in [(500, 20), (250, 86_400)] {
        let index = index();
        for number in 0..count {
            let second = seconds * i64::try_from(number).unwrap();
            let states = states(number, second, u8::from(number > 0));
            index.put(states.last().unwrap()).await.unwrap();
        }
        let pending = query(None, Some(Status::Reserved), 10);
        let (found, pages) = all(&index, pending).await;
        assert_eq!((found.len(), found[0].order_id.as_str(), pages), (1, "order-0", 3));
    }
}

#[tokio::test]
async fn a_page_names_a_next_one_only_if_there_may_be_more() {
    let index = index();
    for (number, second, end) in [(0, 20, 0), (1, 20, 0), (2, 0, 1)] {
        index.put(states(number, second, end).last().unwrap()).await.unwrap();
    }
    let page = index.page(&query(None, Some(Status::Reserved), 2)).await.unwrap();
    assert_eq!((page.orders.len(), page.next), (2, None));
    let page = index.page(&query(None, Some(Status::Reserved), 1)).await.unwrap();
    assert_eq!(page.next, Some(page.orders[0].position()));
}

#[test]
fn a_directory_keeps_the_latest_stretches_of_time() {
    let mut directory = Directory::default();
    for period in (0..).take(MAX_PERIODS + 1) {
        directory.add(period, 1);
    }
    assert_eq!((directory.0.len(), directory.downward(None).last()), (MAX_PERIODS, Some((1, 1))));
}

#[tokio::test]
async fn an_event_lists_its_order_as_the_document_says_and_a_foreign_one_nothing() {
    let (orders, index) = (FakeDocuments::<OrderId, Order>::default(), index());
    let order = states(0, 0, 1).pop().unwrap();
    let order_id = order.placed.order_id.clone();
    orders.save(&order_id, &order, None).await.unwrap();
    let (customer_id, tracking_id) = (order.customer().clone(), TrackingId::of(&order_id));
    let event = OrderShipped { order_id, customer_id, tracking_id };
    let event = CloudEvent::of(&event, at(0));
    let foreign = CloudEvent { subject: "Not an id".to_owned(), ..event.clone() };
    let listed = query(None, None, 10);
    take(&orders, &index, &foreign).await.unwrap();
    assert_eq!(index.page(&listed).await.unwrap().orders, []);
    take(&orders, &index, &event).await.unwrap();
    assert_eq!(index.page(&listed).await.unwrap().orders, [ListedOrder::from(&order)]);
}

/// Pages in memory that record what is read, and list an order before one of stuck ones is read.
#[derive(Clone, Default)]
struct Watched {
    pages: FakeDocuments<String, IndexPage>,
    read: Arc<Mutex<Vec<String>>>,
    meanwhile: Arc<Mutex<Option<(Fake, Order)>>>,
}

impl Documents<String, IndexPage> for Watched {
    async fn load(&self, key: &String) -> Result<Option<Versioned<IndexPage>>> {
        self.read.lock().unwrap().push(key.clone());
        let is_stuck = key.starts_with("_list.stuck");
        let meanwhile = if is_stuck { self.meanwhile.lock().unwrap().take() } else { None };
        if let Some((index, order)) = meanwhile {
            index.put(&order).await?;
        }
        self.pages.load(key).await
    }

    async fn save(&self, key: &String, page: &IndexPage, at: Option<&Version>) -> Result<Saved> {
        self.pages.save(key, page, at).await
    }
}

#[tokio::test]
async fn an_order_that_ends_while_it_is_listed_as_stuck_is_not_left_there() {
    let index = index();
    let states = states(0, 0, 4);
    let meanwhile = Arc::new(Mutex::new(Some((index.clone(), states[3].clone()))));
    let pages = Watched { pages: index.pages.clone(), meanwhile, ..Watched::default() };
    let late = OrderIndex { pages, directories: index.directories.clone() };
    late.put(&states[2]).await.unwrap();
    assert!(late.pages.meanwhile.lock().unwrap().is_none());
    assert_eq!(index.page(&query(None, Some(Status::Stuck), 10)).await.unwrap().orders, []);
    let cancelled = index.page(&query(None, Some(Status::Cancelled), 10)).await.unwrap();
    assert_eq!(cancelled.orders, [ListedOrder::from(&states[3])]);
}

#[tokio::test]
async fn an_order_that_ended_leaves_a_second_page_of_stuck_orders() {
    let (index, list, states) = (index(), List::Status(Status::Stuck), states(0, 0, 4));
    let stuck = ListedOrder::from(&states[2]);
    let others = (0..PAGE).map(|number| {
        let order_id: OrderId = format!("other-{number}").parse().unwrap();
        (order_id.clone(), ListedOrder { order_id, ..stuck.clone() })
    });
    let first = list.page(list.place(&stuck), 0);
    index.announce(&list, list.place(&stuck)).await.unwrap();
    index.pages.save(&first, &IndexPage(others.collect()), None).await.unwrap();
    let listed = query(None, Some(Status::Stuck), 200);
    for (state, count) in [(&states[2], PAGE + 1), (&states[3], PAGE)] {
        index.put(state).await.unwrap();
        assert_eq!(index.page(&listed).await.unwrap().orders.len(), count);
    }
}

#[tokio::test]
async fn no_page_is_read_in_vain() {
    let pages = Watched::default();
    let index = OrderIndex { pages: pages.clone(), directories: FakeDocuments::default() };
    let order = states(0, 0, 2).pop().unwrap();
    index.put(&order).await.unwrap();
    let reads = |pages: &Watched| std::mem::take(&mut *pages.read.lock().unwrap());
    // Three lists are changed; that of stuck orders is only looked at.
    assert_eq!(reads(&pages).len(), 4);
    assert_eq!(index.page(&query(None, None, 10)).await.unwrap().orders.len(), 1);
    assert_eq!(reads(&pages).len(), 1);
}
