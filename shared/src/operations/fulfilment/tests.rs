//! The steps against fakes of the ports.

use super::*;
use crate::domain::ProductId;
use crate::domain::order::{Order, StepState};
use crate::domain::saga::Stop;
use crate::domain::stock::{Command, TurnResult};
use crate::operations::orders::DocumentLog;
use crate::ports::{Error, document};
use crate::testing::fakes::{
    DirectPayments, FakeBroker, FakeClock, FakeDocuments, FakePaymentClient, FakeProvider,
    FakeShipping, FakeStocks, fake_payments,
};
use crate::testing::orders::{at, euro, offer, placed_order, product};

type Log = DocumentLog<FakeDocuments<OrderId, Order>, FakeBroker, FakeClock>;
type Shop = Fulfilment<Log, FakeStocks, FakePaymentClient, FakeShipping>;

/// A shop that sells 10 lamps and some bulbs, and has accepted the sample order.
async fn shop(bulbs: i64) -> (Shop, PlacedOrder) {
    let stocks = FakeStocks::default();
    stocks.set(&product("lamp"), &offer(euro(500), 10)).await.unwrap();
    stocks.set(&product("bulb"), &offer(euro(100), bulbs)).await.unwrap();
    let log = DocumentLog::new(FakeDocuments::default(), FakeBroker::default(), FakeClock(at(0)));
    let shop = Fulfilment {
        log,
        stocks,
        payments: FakePaymentClient,
        shipping: FakeShipping,
        reservation_ttl: SignedDuration::from_secs(60),
    };
    let order = placed_order();
    shop.create(&order).await.unwrap();
    (shop, order)
}

async fn reserved(shop: &Shop, name: &str) -> u32 {
    shop.stocks.check(&product(name)).await.unwrap().reserved
}

fn all(total: i64) -> Reserved {
    Reserved::All { total: euro(total) }
}

#[tokio::test]
async fn the_total_is_the_sum_of_the_reserved_prices() {
    let (shop, order) = shop(10).await;
    for _ in 0..2 {
        let done = shop.reserve(&order.order_id, Part::default()).await.unwrap();
        assert_eq!((done.value, done.published), (all(2 * 500 + 3 * 100), true));
    }
    assert_eq!((reserved(&shop, "lamp").await, reserved(&shop, "bulb").await), (2, 3));
}

#[tokio::test]
async fn products_are_reserved_in_the_order_of_their_ids_from_where_the_last_try_stopped() {
    let (shop, order) = shop(10).await;
    let bulbs = Part { products: 1, sum: Some(euro(300)) };
    let done = shop.reserve(&order.order_id, bulbs).await.unwrap();
    assert_eq!(done.value, all(2 * 500 + 300));
    assert_eq!((reserved(&shop, "lamp").await, reserved(&shop, "bulb").await), (2, 0));
}

/// Stock that takes this many seconds to respond.
#[derive(Clone)]
struct SlowFakeStocks(FakeStocks, u64);

impl Stocks for SlowFakeStocks {
    async fn send(&self, product: &ProductId, command: Command) -> Result<TurnResult> {
        tokio::time::advance(Duration::from_secs(self.1)).await;
        self.0.send(product, command).await
    }
}

#[tokio::test(start_paused = true)]
async fn products_that_take_longer_than_four_seconds_are_reserved_in_parts() {
    let part = Part { products: 1, sum: Some(euro(300)) };
    for (seconds, first) in [(2, all(1300)), (3, Reserved::Part(part.clone()))] {
        let (Fulfilment { log, stocks, payments, shipping, reservation_ttl }, order) =
            shop(10).await;
        let stocks = SlowFakeStocks(stocks, seconds);
        let shop = Fulfilment { log, stocks, payments, shipping, reservation_ttl };
        let done = shop.reserve(&order.order_id, Part::default()).await.unwrap();
        assert_eq!(done.value, first, "{seconds}");
        assert_eq!(shop.reserve(&order.order_id, part.clone()).await.unwrap().value, all(1300));
    }
}

#[tokio::test]
async fn the_first_product_that_is_sold_out_ends_the_step_and_its_undo_leaves_nothing_reserved() {
    let (shop, order) = shop(2).await;
    let out = shop.reserve(&order.order_id, Part::default()).await;
    let Err(Error::Refused(refusal)) = out else { panic!("{out:?}") };
    assert_eq!(refusal, Refusal::OutOfStock { product_id: product("bulb") });
    assert_eq!(reserved(&shop, "lamp").await, 0);
    shop.stocks.set(&product("bulb"), &offer(euro(100), 3)).await.unwrap();
    shop.reserve(&order.order_id, Part::default()).await.unwrap();
    let cause = Cause { step: Step::Pay, stop: Stop::Failed };
    shop.release_stock(&order.order_id, cause).await.unwrap();
    assert_eq!((reserved(&shop, "lamp").await, reserved(&shop, "bulb").await), (0, 0));
}

#[tokio::test]
async fn the_pieces_of_a_completed_order_are_removed_from_the_stock() {
    let (shop, order) = shop(10).await;
    let id = &order.order_id;
    shop.reserve(id, Part::default()).await.unwrap();
    shop.pay(id, euro(1300)).await.unwrap();
    shop.ship(id).await.unwrap();
    for _ in 0..2 {
        shop.complete(id).await.unwrap();
    }
    assert_eq!(shop.stocks.check(&product("lamp")).await.unwrap().on_hand, 8);
    assert_eq!(shop.create(&order).await.unwrap().value, Some(Outcome::Fulfilled));
}

/// What is undone of an order whose payment had this result, and the event that reports its end.
async fn undone(noted: bool, charged: bool) -> (Vec<Step>, serde_json::Value) {
    let (orders, broker, placed) =
        (FakeDocuments::default(), FakeBroker::default(), placed_order());
    let provider = FakeProvider::default();
    let shop = Fulfilment {
        log: DocumentLog::new(orders.clone(), broker.clone(), FakeClock(at(0))),
        stocks: FakeStocks::default(),
        payments: DirectPayments(fake_payments(&provider)),
        shipping: FakeShipping,
        reservation_ttl: SignedDuration::from_secs(60),
    };
    let id = &placed.order_id;
    shop.create(&placed).await.unwrap();
    shop.log.note(&placed, &Progress::Reserved { total: euro(1300) }).await.unwrap();
    if noted {
        shop.pay(id, euro(1300)).await.unwrap();
    } else if charged {
        let payment_method = placed.order.payment_method.clone();
        let charge = Charge { order_id: id.clone(), amount: euro(1300), payment_method };
        shop.payments.charge(&charge).await.unwrap();
    }
    let cause = Cause { step: Step::Pay, stop: Stop::Failed };
    shop.refund_payment(id, cause.clone()).await.unwrap();
    shop.close(&placed, Outcome::Cancelled { cause }).await.unwrap();
    let order = document(&orders, id).await.unwrap().unwrap();
    let done = order.steps.iter().filter(|step| step.state == StepState::Done);
    let cancelled = broker.published().pop().unwrap().1;
    (done.map(|step| step.step).collect(), cancelled["data"]["refunded"].clone())
}

#[tokio::test]
async fn a_cancelled_order_says_what_its_undo_refunded_whatever_was_recorded_before() {
    let refunded = serde_json::json!(euro(1300));
    let (steps, reported) = undone(true, true).await;
    assert_eq!((steps.last(), &reported), (Some(&Step::RefundPayment), &refunded));
    let (steps, reported) = undone(false, true).await;
    assert_eq!((steps.last(), &reported), (Some(&Step::RefundPayment), &refunded));
    let (steps, reported) = undone(false, false).await;
    assert_eq!((steps.last(), reported.is_null()), (Some(&Step::Reserve), true));
}

#[tokio::test]
async fn a_total_that_cannot_be_charged_is_refused_before_anything_is_reserved() {
    let (shop, order) = shop(10).await;
    for (name, cents) in [("lamp", 5), ("bulb", 10)] {
        let cheap = offer(euro(cents), 10);
        shop.stocks.set(&product(name), &cheap).await.unwrap();
    }
    let small = shop.reserve(&order.order_id, Part::default()).await;
    let Err(Error::Refused(refusal)) = small else { panic!("{small:?}") };
    assert_eq!(refusal, Refusal::TotalTooSmall { least: euro(50) });
    assert_eq!((reserved(&shop, "lamp").await, reserved(&shop, "bulb").await), (0, 0));
    let free = offer(euro(0), 10);
    shop.stocks.set(&product("bulb"), &free).await.unwrap();
    shop.reserve(&order.order_id, Part::default()).await.unwrap_err();
    assert_eq!(reserved(&shop, "bulb").await, 0);
    for name in ["lamp", "bulb"] {
        let free = offer(euro(0), 10);
        shop.stocks.set(&product(name), &free).await.unwrap();
    }
    assert_eq!(shop.reserve(&order.order_id, Part::default()).await.unwrap().value, all(0));
}

#[tokio::test]
async fn a_stored_order_without_items_fails_and_is_not_charged() {
    let (shop, mut order) = shop(10).await;
    (order.order_id, order.order.items) =
        ("empty".parse().unwrap(), serde_json::from_str("[]").unwrap());
    shop.create(&order).await.unwrap();
    let failed = shop.reserve(&order.order_id, Part::default()).await;
    assert!(matches!(failed, Err(Error::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn a_failed_try_is_noted_with_the_time_of_the_next() {
    let orders = FakeDocuments::default();
    let log = DocumentLog::new(orders.clone(), FakeBroker::default(), FakeClock(at(0)));
    let (shop, order) = shop(10).await;
    let shop = Fulfilment { log, ..shop };
    shop.create(&order).await.unwrap();
    let pause = |_: Step, _: u32| Duration::from_secs(2);
    shop.note_failed_try(&order.order_id, Step::Pay, pause).await.unwrap();
    let order = document(&orders, &order.order_id).await.unwrap().unwrap();
    assert_eq!((order.retrying[0].step, order.retrying[0].next_at), (Step::Pay, at(2)));
}
