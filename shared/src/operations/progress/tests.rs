//! How waits for orders end.

use super::*;
use crate::domain::order::Progress as Noted;
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Outcome, Step, Stop};
use crate::operations::orders::{DocumentLog, OrderLog, OrderLookup};
use crate::ports::Sagas;
use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeEngine, FakeSagas};
use crate::testing::orders::{at, euro, placed_order};
use std::future::poll_fn;
use std::task::Poll;
use tokio::time::Instant;

const LONG: Duration = Duration::from_secs(8);

struct Shop {
    orders: FakeDocuments<OrderId, Order>,
    engine: FakeEngine,
    progress: OrderProgress<OrderLookup<FakeDocuments<OrderId, Order>, FakeSagas>, FakeEngine>,
    placed: PlacedOrder,
}

impl Shop {
    /// A shop that has accepted an order.
    async fn new() -> Self {
        let (orders, sagas, engine) =
            (FakeDocuments::default(), FakeSagas::default(), FakeEngine::default());
        let placed = placed_order();
        sagas.start(&placed).await.unwrap();
        let lookup = OrderLookup { orders: orders.clone(), sagas };
        let progress =
            OrderProgress { orders: lookup, changes: Changes::default(), engine: engine.clone() };
        Self { orders, engine, progress, placed }
    }

    /// Records what happens, in this process or in another one.
    async fn note(&self, here: bool, noted: &Noted) {
        let log = DocumentLog::new(self.orders.clone(), FakeBroker::default(), FakeClock(at(1)));
        let log = if here { log.notifying(self.progress.changes.clone()) } else { log };
        log.note(&self.placed, noted).await.unwrap();
    }

    async fn next(&self, until: Until) -> Option<Order> {
        self.progress.next(&self.placed.order_id, until, LONG).await.unwrap()
    }
}

fn reserved() -> Noted {
    Noted::Reserved { total: euro(5) }
}

/// Lets `first` wait, then does `then`.
async fn meanwhile<T>(first: impl Future<Output = T>, then: impl Future<Output = ()>) -> T {
    let mut first = pin!(first);
    poll_fn(|context| {
        assert!(first.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    then.await;
    first.await
}

#[tokio::test(start_paused = true)]
async fn a_waiter_learns_immediately_what_this_process_writes() {
    let shop = Shop::new().await;
    let began = Instant::now();
    let noted = async {
        shop.note(true, &reserved()).await;
        shop.note(true, &Noted::Ended(Outcome::Fulfilled)).await;
    };
    let order = meanwhile(shop.next(Until::Ended), noted).await.unwrap();
    assert!(order.status.is_final() && began.elapsed().is_zero());
    assert_eq!(shop.next(Until::StepsAfter(1)).await.unwrap().steps.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_end_that_another_process_writes_is_learnt_from_the_engine() {
    let shop = Shop::new().await;
    let began = Instant::now();
    let ended = async {
        shop.note(false, &reserved()).await;
        shop.note(false, &Noted::Ended(Outcome::Fulfilled)).await;
        shop.engine.end();
    };
    assert!(meanwhile(shop.next(Until::Ended), ended).await.unwrap().status.is_final());
    assert!(began.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_step_that_another_process_writes_is_seen_within_a_second() {
    let shop = Shop::new().await;
    let began = Instant::now();
    let order =
        meanwhile(shop.next(Until::StepsAfter(1)), shop.note(false, &reserved())).await.unwrap();
    assert_eq!((order.steps.len(), began.elapsed()), (2, LOOK));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_times_out_returns_the_order_as_it_is() {
    let shop = Shop::new().await;
    let began = Instant::now();
    let order = meanwhile(shop.next(Until::Ended), shop.note(true, &reserved())).await.unwrap();
    assert_eq!((order.steps.len(), began.elapsed()), (2, LONG));
    let nothing = shop.progress.next(&"nobody".parse().unwrap(), Until::Ended, LONG).await;
    assert_eq!(nothing.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_the_end_of_an_order_that_is_stuck() {
    let shop = Shop::new().await;
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    let left = vec![Step::RefundPayment];
    shop.note(true, &Noted::Ended(Outcome::Stuck { cause, left })).await;
    let began = Instant::now();
    assert_eq!(shop.next(Until::Ended).await.unwrap().steps.len(), 3);
    assert!(began.elapsed().is_zero());
    shop.next(Until::StepsAfter(3)).await;
    assert_eq!(began.elapsed(), LONG, "its steps may continue");
}
