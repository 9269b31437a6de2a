//! Orders that are started, resumed and swept, by an engine that keeps a list.

use super::*;
use crate::domain::order::Progress;
use crate::domain::saga::{Cause, Step, Stop};
use crate::operations::order_refunds::RefundService;
use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeEngine, FakePaymentClient};
use crate::testing::orders::{at, placed_order};
use std::time::Duration;

type Orders = FakeDocuments<OrderId, Order>;
type Shop =
    Dispatcher<Orders, FakeDocuments<String, Page<OrderId>>, FakeEngine, Refunds, FakeClock>;
type Refunds = RefundService<
    Orders,
    FakeDocuments<String, Page<OrderId>>,
    FakePaymentClient,
    FakeBroker,
    FakeClock,
>;

/// A shop at second 0, and the sample order.
fn shop() -> (Shop, PlacedOrder) {
    let orders = Orders::default();
    let index = FakeDocuments::default();
    let refunds = RefundService {
        orders: orders.clone(),
        index: index.clone(),
        payments: FakePaymentClient,
        publisher: FakeBroker::default(),
        clock: FakeClock(at(0)),
    };
    let shop = Dispatcher {
        orders,
        index,
        refunds,
        engine: FakeEngine::default(),
        clock: FakeClock(at(0)),
        overdue_after: SignedDuration::from_mins(15),
        lag: Lag::default(),
    };
    (shop, placed_order())
}

/// The same shop, later.
fn later(shop: &Shop, second: i64) -> Shop {
    Shop { clock: FakeClock(at(second)), ..shop.clone() }
}

async fn write(shop: &Shop, placed: &PlacedOrder, outcome: Option<Outcome>) {
    let mut order = Order::new(placed.clone());
    if let Some(outcome) = outcome {
        order.note(&Progress::Ended(outcome), at(1));
    }
    let write = |_| (order.clone(), ());
    shop.orders.update(&placed.order_id, write).await.unwrap();
}

fn stuck() -> Outcome {
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    Outcome::Stuck { cause, left: vec![Step::RefundPayment] }
}

#[tokio::test]
async fn the_order_that_was_accepted_first_is_the_answer_to_every_start() {
    let (shop, first) = shop();
    assert_eq!(shop.start(&first).await.unwrap().as_ref(), Some(&first));
    let second = PlacedOrder { created_at: at(7), ..first.clone() };
    assert_eq!(shop.start(&second).await.unwrap().as_ref(), Some(&first));
    assert_eq!(shop.find(&first.order_id).await.unwrap(), Some(first));
}

#[tokio::test]
async fn while_sagas_lag_behind_only_orders_that_were_accepted_before_are_accepted() {
    let (shop, known) = shop();
    shop.start(&known).await.unwrap();
    let new = PlacedOrder { order_id: "new".parse().unwrap(), ..known.clone() };
    shop.lag.observe(Duration::from_secs(6));
    assert_eq!(shop.start(&new).await.unwrap(), None);
    assert_eq!(shop.find(&new.order_id).await.unwrap(), None);
    assert_eq!(shop.start(&known).await.unwrap().as_ref(), Some(&known));
    shop.lag.observe(Duration::ZERO);
    assert_eq!(shop.start(&new).await.unwrap(), Some(new));
}

#[tokio::test]
async fn an_order_that_is_sent_again_is_run_unless_it_has_ended() {
    let (shop, order) = shop();
    write(&shop, &order, None).await;
    shop.start(&order).await.unwrap();
    assert_eq!(shop.engine.calls(), ["run"]);
    write(&shop, &order, Some(Outcome::Fulfilled)).await;
    shop.start(&order).await.unwrap();
    assert_eq!(shop.engine.calls(), ["run"]);
}

#[tokio::test]
async fn a_stuck_order_is_resumed_with_what_is_left_and_an_ended_one_is_not() {
    let (shop, order) = shop();
    let id = &order.order_id;
    let caller: Caller = "eve orders.admin".parse().unwrap();
    let ask =
        NewResumption { reason: Some("the key is valid again".to_owned().try_into().unwrap()) };
    let resume = async || shop.resume(id, Some(&caller), &ask).await.unwrap();
    assert_eq!(resume().await, None);
    write(&shop, &order, Some(stuck())).await;
    assert_eq!(resume().await, Some(true));
    let kept = document(&shop.orders, id).await.unwrap().unwrap().resumptions;
    let noted =
        Resumption { by: Some(caller.customer_id.clone()), reason: ask.reason.clone(), at: at(0) };
    assert_eq!(kept, [noted]);
    assert_eq!(shop.engine.calls(), ["finish refund-payment"]);
    write(&shop, &order, Some(Outcome::Fulfilled)).await;
    assert_eq!(resume().await, Some(false));
}

#[tokio::test]
async fn who_resumes_an_order_before_its_first_step_is_noted() {
    let (shop, order) = shop();
    shop.start(&order).await.unwrap();
    let ask = NewResumption::default();
    assert_eq!(shop.resume(&order.order_id, None, &ask).await.unwrap(), Some(true));
    let noted = document(&shop.orders, &order.order_id).await.unwrap().unwrap().resumptions;
    assert_eq!(noted, [Resumption { by: None, reason: None, at: at(0) }]);
}

#[tokio::test]
async fn an_order_that_has_not_ended_in_time_is_resumed_until_it_has() {
    let (shop, order) = shop();
    shop.sweep().await.unwrap();
    shop.start(&order).await.unwrap();
    write(&shop, &order, None).await;
    for (second, runs) in [(890, 1), (930, 2), (940, 2), (1260, 3)] {
        later(&shop, second).sweep().await.unwrap();
        assert_eq!(shop.engine.calls().len(), runs, "at second {second}");
    }
    write(&shop, &order, Some(Outcome::Fulfilled)).await;
    for second in [1600, 2000, 3000] {
        later(&shop, second).sweep().await.unwrap();
    }
    assert_eq!(shop.engine.calls().len(), 3);
}

#[tokio::test]
async fn a_stuck_order_is_resumed_every_hour() {
    let (shop, order) = shop();
    shop.sweep().await.unwrap();
    shop.start(&order).await.unwrap();
    write(&shop, &order, Some(stuck())).await;
    for second in (0..9300).step_by(300) {
        later(&shop, second).sweep().await.unwrap();
    }
    let finish = "finish refund-payment";
    assert_eq!(shop.engine.calls(), ["run", finish, finish, finish]);
}

#[tokio::test]
async fn an_order_that_cannot_be_run_now_is_retried() {
    let (shop, order) = shop();
    shop.sweep().await.unwrap();
    shop.start(&order).await.unwrap();
    write(&shop, &order, None).await;
    shop.engine.fail_next();
    for second in [930, 1260] {
        later(&shop, second).sweep().await.unwrap();
    }
    assert_eq!(shop.engine.calls(), ["run", "run"]);
}

#[tokio::test]
async fn one_process_sweeps_at_a_time_and_another_takes_over_when_it_died() {
    let (shop, order) = shop();
    shop.sweep().await.unwrap();
    shop.start(&order).await.unwrap();
    write(&shop, &order, None).await;
    // A process that took the lease and died.
    sweep::lease(&shop.index, at(930)).await.unwrap().unwrap();
    later(&shop, 940).sweep().await.unwrap();
    assert_eq!(shop.engine.calls(), ["run"]);
    later(&shop, 1050).sweep().await.unwrap();
    assert_eq!(shop.engine.calls(), ["run", "run"]);
}
