//! An order is cancelled before each operation on its document, once and twice, under faults of each
//! step: it has one end, and money, stock and shipment agree with it.

use super::*;
use crate::domain::placing::{Address, PlacedOrder};
use crate::domain::saga::{Cause, Outcome, Step, Steps, Stop, Undo, fulfil};
use crate::domain::shipment::{Shipment, ShipmentState};
use crate::domain::{Money, Refusal, TrackingId};
use crate::operations::fulfilment::{Fulfilment, Part, Reserved};
use crate::operations::orders::{DocumentLog, Noted};
use crate::operations::shipments::{ShipmentService, Shipments};
use crate::ports::{
    Documents, Error, PaymentClient, Saved, Shipping, Stocks, Version, Versioned, document,
};
use crate::testing::fakes::{
    DirectPayments, FakeBroker, FakeClock, FakeDocuments, FakeProvider, FakeSagas, FakeStocks,
    fake_payments,
};
use crate::testing::orders::{at, euro, offer, placed_order, product};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// What happens to an attempt at a step.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    FailBefore,
    FailAfter,
}

use Fault::{FailAfter, FailBefore, None as Well};

type Tries = &'static [Fault];

/// What a step returns to the saga.
type Done<T> = std::result::Result<T, Stop>;

/// The attempts at a step that is eventually done, then at one that is not.
const DONE: [Tries; 2] = [&[FailBefore, Well], &[FailAfter, Well]];
const NOT_DONE: [Tries; 2] = [&[FailBefore, FailBefore], &[FailBefore, FailAfter]];

const FORWARD: [Step; 4] = [Step::Create, Step::Reserve, Step::Pay, Step::Ship];
const FINAL: [Step; 5] =
    [Step::Complete, Step::CancelShipment, Step::RefundPayment, Step::ReleaseStock, Step::Close];

/// Every step with each of its faults.
fn scripts() -> Vec<(Step, Tries)> {
    let with =
        |step: Step, tries: &[Tries]| tries.iter().map(|tries| (step, *tries)).collect::<Vec<_>>();
    let forward = FORWARD.into_iter().flat_map(|step| with(step, &[DONE, NOT_DONE].concat()));
    forward.chain(FINAL.into_iter().flat_map(|step| with(step, &DONE))).collect()
}

type Documented = FakeDocuments<OrderId, Order>;
type Service = CancellationService<Documented, FakeSagas, FakeClock>;

/// The order documents, before whose operations the customer cancels.
#[derive(Clone)]
struct Cancelled {
    orders: Documented,
    canceller: Service,
    cancel_before: Vec<usize>,
    operations: Arc<Mutex<usize>>,
    answers: Arc<Mutex<Vec<CancelAnswer>>>,
}

impl Cancelled {
    async fn cancel(&self) {
        let (id, customer) = (placed_order().order_id, "ann orders".parse().unwrap());
        let ask = NewCancellation::default();
        let answer = self.canceller.cancel(&id, Some(&customer), ask).await.unwrap();
        self.answers.lock().unwrap().push(answer);
    }

    async fn operation(&self) {
        let now = {
            let mut operations = self.operations.lock().unwrap();
            *operations += 1;
            *operations - 1
        };
        for _ in self.cancel_before.iter().filter(|before| **before == now) {
            self.cancel().await;
        }
    }
}

impl Documents<OrderId, Order> for Cancelled {
    async fn load(&self, key: &OrderId) -> Result<Option<Versioned<Order>>> {
        self.operation().await;
        self.orders.load(key).await
    }

    async fn save(&self, key: &OrderId, order: &Order, version: Option<&Version>) -> Result<Saved> {
        self.operation().await;
        self.orders.save(key, order, version).await
    }
}

#[derive(Clone)]
struct Carrier(ShipmentService<FakeDocuments<OrderId, Shipment>>);

impl Shipping for Carrier {
    async fn book(&self, order: &OrderId, ship_to: &Address) -> Result<TrackingId> {
        Ok(self.0.book(order, ship_to).await?.tracking_id)
    }

    async fn cancel(&self, order: &OrderId) -> Result<()> {
        self.0.cancel(order).await
    }
}

type Log = DocumentLog<Cancelled, FakeBroker, FakeClock>;

/// A shop whose steps meet the faults of a script, and are retried as by the engine.
struct World<P> {
    shop: Fulfilment<Log, FakeStocks, P, Carrier>,
    script: Option<(Step, Tries)>,
    documents: Cancelled,
    provider: FakeProvider,
    broker: FakeBroker,
}

async fn world(
    script: Option<(Step, Tries)>,
    cancel_before: Vec<usize>,
) -> World<impl PaymentClient> {
    let (orders, sagas, stocks) =
        (Documented::default(), FakeSagas::default(), FakeStocks::default());
    let (provider, broker) = (FakeProvider::default(), FakeBroker::default());
    for name in ["lamp", "bulb"] {
        stocks.set(&product(name), &offer(euro(100), 10)).await.unwrap();
    }
    sagas.start(&placed_order()).await.unwrap();
    let canceller = CancellationService { orders: orders.clone(), sagas, clock: FakeClock(at(9)) };
    let (operations, answers) = (Arc::default(), Arc::default());
    let documents = Cancelled { orders, canceller, cancel_before, operations, answers };
    let carrier =
        ShipmentService { documents: FakeDocuments::default(), served: "DE".parse().unwrap() };
    let shop = Fulfilment {
        log: DocumentLog::new(documents.clone(), broker.clone(), FakeClock(at(1))),
        stocks,
        payments: DirectPayments(fake_payments(&provider)),
        shipping: Carrier(carrier),
        reservation_ttl: SignedDuration::from_secs(60),
    };
    World { shop, script, documents, provider, broker }
}

impl<P: PaymentClient> World<P> {
    async fn tried<T, F>(&self, step: Step, work: impl Fn() -> F + Send) -> Done<T>
    where
        F: Future<Output = Result<Noted<T>>> + Send,
    {
        let scripted = self.script.filter(|(faulty, _)| *faulty == step);
        for fault in scripted.map_or(&[Well][..], |(_, tries)| tries) {
            if *fault == FailBefore {
                continue;
            }
            match work().await {
                Err(Error::Refused(refusal)) => return Err(Stop::Refused(refusal)),
                Err(Error::Failed(failure)) => panic!("nothing fails by itself: {failure}"),
                Ok(done) if *fault == Well => return Ok(done.value),
                Ok(_) => {}
            }
        }
        Err(Stop::Failed)
    }
}

impl<P: PaymentClient> Steps for World<P> {
    async fn create(&self, order: &PlacedOrder) -> Done<Option<Outcome>> {
        self.tried(Step::Create, || self.shop.create(order)).await
    }

    async fn reserve(&self, order: &PlacedOrder) -> Done<Money> {
        let reserve = || self.shop.reserve(&order.order_id, Part::default());
        match self.tried(Step::Reserve, reserve).await? {
            Reserved::All { total } => Ok(total),
            Reserved::Part(part) => panic!("two products need no second attempt: {part:?}"),
        }
    }

    async fn pay(&self, order: &PlacedOrder, total: Money) -> Done<()> {
        self.tried(Step::Pay, || self.shop.pay(&order.order_id, total)).await
    }

    async fn ship(&self, order: &PlacedOrder) -> Done<()> {
        self.tried(Step::Ship, || self.shop.ship(&order.order_id)).await
    }

    async fn complete(&self, order: &PlacedOrder) -> Done<()> {
        self.tried(Step::Complete, || self.shop.complete(&order.order_id)).await
    }

    async fn undo(&self, order: &PlacedOrder, undo: Undo, cause: &Cause) -> Done<()> {
        let (shop, id) = (&self.shop, &order.order_id);
        let step = undo.into();
        match undo {
            Undo::ReleaseStock => self.tried(step, || shop.release_stock(id, cause.clone())).await,
            Undo::RefundPayment => {
                self.tried(step, || shop.refund_payment(id, cause.clone())).await
            }
            Undo::CancelShipment => {
                self.tried(step, || shop.cancel_shipment(id, cause.clone())).await
            }
        }
    }

    async fn close(&self, order: &PlacedOrder, outcome: &Outcome) -> Done<()> {
        self.tried(Step::Close, || self.shop.close(order, outcome.clone())).await
    }
}

/// What is left in the shop: pieces on hand and reserved of each product, what the customer paid, and
/// whether a shipment is booked.
async fn left(world: &World<impl PaymentClient>) -> ([u32; 4], i64, bool) {
    let level = async |name: &str| world.shop.stocks.check(&product(name)).await.unwrap();
    let (lamp, bulb) = (level("lamp").await, level("bulb").await);
    let (charged, refunded) = world.provider.balance();
    let shipments = &world.shop.shipping.0.documents;
    let shipment = document(shipments, &placed_order().order_id).await.unwrap();
    let booked = shipment.is_some_and(|shipment| shipment.state == ShipmentState::Booked);
    let stock = [lamp.on_hand, lamp.reserved, bulb.on_hand, bulb.reserved];
    (stock, charged - refunded, booked)
}

/// Runs the order, cancels it once more at its end, and checks the result; returns how often its
/// document was read or written.
async fn check(script: Option<(Step, Tries)>, cancel_before: Vec<usize>) -> usize {
    let shown = format!("{script:?}, cancelled before {cancel_before:?}");
    let world = world(script, cancel_before).await;
    let outcome = fulfil(&world, &placed_order()).await;
    let operations = *world.documents.operations.lock().unwrap();
    world.documents.cancel().await;
    let answers = world.documents.answers.lock().unwrap().clone();
    let mut earlier = &answers[..answers.len() - 1];
    let expected = match &outcome {
        Outcome::Fulfilled => ([8, 0, 7, 0], 500, true),
        Outcome::Cancelled { .. } => ([10, 0, 10, 0], 0, false),
        Outcome::Stuck { .. } => panic!("{shown}: {outcome:?}"),
    };
    assert_eq!(left(&world).await, expected, "{shown}");
    let ends: BTreeSet<_> = world.broker.types().into_iter().filter(|kind| is_end(kind)).collect();
    assert_eq!(ends.len(), 1, "{shown}: {ends:?}");
    if outcome == Outcome::Fulfilled {
        assert!(answers.iter().all(|answer| *answer == Err(CancelRejection::Shipped)), "{shown}");
        return operations;
    }
    // A shipment that was recorded by a step which failed afterwards is undone, and then it is cancelled.
    while let [Err(CancelRejection::Shipped), rest @ ..] = earlier {
        earlier = rest;
    }
    assert!(
        earlier.iter().chain(answers.last()).all(std::result::Result::is_ok),
        "{shown}: {answers:?}"
    );
    let order = answers.last().unwrap().as_ref().unwrap();
    if script.is_none_or(|(_, tries)| tries.last() == Some(&Well)) {
        let by = order.cancellation.as_ref().map(|cancellation| cancellation.by).unwrap();
        let Outcome::Cancelled { cause } = outcome else { unreachable!() };
        assert_eq!(cause.stop, Stop::Refused(Refusal::CancelRequested { by }), "{shown}");
    }
    operations
}

fn is_end(kind: &str) -> bool {
    ["order.completed", "order.cancelled", "order.stuck"].contains(&kind)
}

#[tokio::test]
async fn an_order_that_is_cancelled_at_any_moment_has_one_end() {
    for script in scripts().into_iter().map(Some).chain([None]) {
        let operations = check(script, vec![]).await;
        // One that is cancelled takes more of them than one that completes.
        for first in 0..2 * operations {
            check(script, vec![first]).await;
            // Under a fault, the second one comes soon after: all pairs take long.
            let seconds = if script.is_none() { 2 * operations } else { first + 2 };
            for second in first..seconds {
                check(script, vec![first, second]).await;
            }
        }
    }
}

#[tokio::test]
async fn an_order_that_is_unknown_or_of_another_customer_is_not_found() {
    let world = world(None, vec![]).await;
    let canceller = &world.documents.canceller;
    let (unknown, id) = ("unknown".parse().unwrap(), placed_order().order_id);
    let eve = "eve orders".parse().unwrap();
    for (id, caller) in [(&unknown, None), (&id, Some(&eve))] {
        let answer = canceller.cancel(id, caller, NewCancellation::default()).await.unwrap();
        assert_eq!(answer, Err(CancelRejection::UnknownOrder(id.clone())));
    }
    assert_eq!(document(&world.documents.orders, &id).await.unwrap(), None);
}
