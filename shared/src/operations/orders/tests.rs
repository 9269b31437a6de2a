//! What is stored and published of an order, and who may look it up.

use super::*;
use crate::domain::order::Status;
use crate::domain::saga::Stop;
use crate::domain::{PaymentId, TrackingId};
use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeSagas};
use crate::testing::orders::{at, euro, placed_order};
use serde_json::json;

#[tokio::test]
async fn an_order_is_found_before_its_document_is_written() {
    let (orders, sagas, placed) = (FakeDocuments::default(), FakeSagas::default(), placed_order());
    let lookup = OrderLookup { orders: orders.clone(), sagas: sagas.clone() };
    assert_eq!(lookup.find(&placed.order_id).await.unwrap(), None);
    sagas.start(&placed).await.unwrap();
    let early = lookup.find(&placed.order_id).await.unwrap();
    assert_eq!(early, Some(Order::new(placed.clone())));
    let log = DocumentLog::new(orders, FakeBroker::default(), FakeClock(at(5)));
    log.note(&placed, &Progress::Reserved { total: euro(7) }).await.unwrap();
    let later = lookup.find(&placed.order_id).await.unwrap().unwrap();
    assert_eq!((later.status, later.updated_at), (Status::Reserved, at(5)));
}

#[tokio::test]
async fn a_second_run_learns_how_the_first_one_ended() {
    let (broker, placed) = (FakeBroker::default(), placed_order());
    let log = DocumentLog::new(FakeDocuments::default(), broker.clone(), FakeClock(at(5)));
    assert_eq!(log.open(&placed).await.unwrap().value, None);
    log.note(&placed, &Progress::Reserved { total: euro(7) }).await.unwrap();
    log.note(&placed, &Progress::Ended(Outcome::Fulfilled)).await.unwrap();
    assert_eq!(log.open(&placed).await.unwrap().value, Some(Outcome::Fulfilled));
    assert_eq!(broker.types(), ["order.created", "order.reserved", "order.completed"]);
}

#[tokio::test]
async fn a_step_whose_event_cannot_be_published_is_done_and_its_event_is_published_later() {
    let (broker, placed) = (FakeBroker::default(), placed_order());
    let log = DocumentLog::new(FakeDocuments::default(), broker.clone(), FakeClock(at(5)));
    log.open(&placed).await.unwrap();
    broker.fail_next();
    let progress = Progress::Reserved { total: euro(7) };
    let noted = log.note(&placed, &progress).await.unwrap();
    assert_eq!((noted.published, broker.types().len()), (false, 1));
    broker.fail_next();
    assert!(log.publish(&placed.order_id, &[Step::Reserve]).await.is_err());
    for _ in 0..2 {
        log.publish(&placed.order_id, &[Step::Reserve]).await.unwrap();
    }
    let published = broker.published();
    assert_eq!((published.len(), &published[1]), (3, &published[2]));
}

#[tokio::test]
async fn an_event_has_the_time_of_its_step_whenever_it_is_published() {
    let (broker, placed) = (FakeBroker::default(), placed_order());
    let id = &placed.order_id;
    let mut log = DocumentLog::new(FakeDocuments::default(), broker.clone(), FakeClock(at(0)));
    let steps = [
        Progress::Reserved { total: euro(7) },
        Progress::Paid { payment_id: PaymentId::of(id) },
        Progress::Shipped { tracking_id: TrackingId::of(id) },
    ];
    for (second, step) in (1..).zip(&steps) {
        log.clock = FakeClock(at(second));
        log.note(&placed, step).await.unwrap();
    }
    log.publish(id, &[Step::Reserve, Step::Pay, Step::Ship]).await.unwrap();
    assert_eq!(broker.types()[..3], ["order.reserved", "order.paid", "order.shipped"]);
    let times: Vec<_> = broker.published().iter().map(|it| it.1["time"].clone()).collect();
    let expected: Vec<_> = [1, 2, 3, 1, 2, 3].map(|second| json!(at(second))).into();
    assert_eq!(times, expected);
}

#[tokio::test]
async fn how_long_an_order_waited_is_observed_when_it_is_opened_first() {
    let (placed, lag) = (placed_order(), Lag::default());
    let orders = FakeDocuments::default();
    let opened_at = async |second| {
        let log = DocumentLog::new(orders.clone(), FakeBroker::default(), FakeClock(at(second)));
        log.timing(lag.clone()).open(&placed).await.unwrap();
        lag.is_excessive()
    };
    assert!(opened_at(6).await);
    assert!(opened_at(0).await, "a step that is repeated says nothing");
}

#[tokio::test]
async fn a_customer_is_erased_from_an_order_that_has_ended() {
    let (orders, placed) = (FakeDocuments::default(), placed_order());
    let lookup = OrderLookup { orders: orders.clone(), sagas: FakeSagas::default() };
    assert_eq!(lookup.erase_customer(&placed.order_id).await.unwrap(), None);
    let log = DocumentLog::new(orders, FakeBroker::default(), FakeClock(at(5)));
    for (progress, erased) in [
        (Progress::Reserved { total: euro(7) }, false),
        (Progress::Ended(Outcome::Fulfilled), true),
    ] {
        log.note(&placed, &progress).await.unwrap();
        assert_eq!(lookup.erase_customer(&placed.order_id).await.unwrap(), Some(erased));
        let order = lookup.find(&placed.order_id).await.unwrap().unwrap();
        assert_eq!(order.placed.order.is_erased(), erased);
    }
}

#[tokio::test]
async fn only_what_was_written_is_published() {
    let (broker, placed) = (FakeBroker::default(), placed_order());
    let log = DocumentLog::new(FakeDocuments::default(), broker.clone(), FakeClock(at(5)));
    let cause = Cause { step: Step::Reserve, stop: Stop::Failed };
    log.note(&placed, &Progress::Ended(Outcome::Cancelled { cause })).await.unwrap();
    log.note(&placed, &Progress::Reserved { total: euro(7) }).await.unwrap();
    assert_eq!(broker.types(), ["order.cancelled"]);
}

#[tokio::test]
async fn a_failed_try_is_noted_in_a_document_that_is_there() {
    let (orders, placed) = (FakeDocuments::default(), placed_order());
    let log = DocumentLog::new(orders.clone(), FakeBroker::default(), FakeClock(at(5)));
    let pause = |_: Step, _: u32| Duration::from_secs(2);
    log.note_failed_try(&placed.order_id, Step::Create, pause).await.unwrap();
    assert_eq!(document(&orders, &placed.order_id).await.unwrap(), None);
    log.open(&placed).await.unwrap();
    log.note_failed_try(&placed.order_id, Step::Reserve, pause).await.unwrap();
    let order = document(&orders, &placed.order_id).await.unwrap().unwrap();
    assert_eq!((order.retrying[0].step, order.retrying[0].next_at), (Step::Reserve, at(7)));
}
