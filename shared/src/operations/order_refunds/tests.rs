//! Refunds by staff, under concurrent keys, and under crashes between any two parts.

use super::*;
use crate::domain::Refusal;
use crate::domain::order::Progress;
use crate::domain::payment::{Charge, Owner, RefundStatus};
use crate::domain::saga::{Cause, Outcome, Step, Stop};
use crate::ports::Payments;
use crate::testing::fakes::{
    DirectPayments, FakeBroker, FakeClock, FakeDocuments, FakeProvider, Fault, fake_payments,
};
use crate::testing::orders::{at, euro, placed_order};
use proptest::prelude::*;

const PAID: i64 = 700;

/// When a successful refund is first reviewed.
const DAY: SignedDuration = SignedDuration::from_hours(24);

type Service<P> = RefundService<
    FakeDocuments<OrderId, Order>,
    FakeDocuments<String, Page<OrderId>>,
    DirectPayments<P>,
    FakeBroker,
    FakeClock,
>;

/// A completed order that was paid through `provider`.
async fn service(provider: &FakeProvider) -> Service<impl Payments> {
    let placed = placed_order();
    let payments = fake_payments(provider);
    let payment_method = placed.order.payment_method.clone();
    let charge = Charge { order_id: id(), amount: euro(PAID), payment_method };
    let payment_id = payments.charge(Owner::Order, &charge).await.unwrap().payment_id;
    let mut order = Order::new(placed);
    order.note(&Progress::Reserved { total: euro(PAID) }, at(0));
    order.note(&Progress::Paid { payment_id }, at(0));
    order.note(&Progress::Ended(Outcome::Fulfilled), at(0));
    let orders = FakeDocuments::default();
    orders.save(&id(), &order, None).await.unwrap();
    RefundService {
        orders,
        index: FakeDocuments::default(),
        payments: DirectPayments(payments),
        publisher: FakeBroker::default(),
        clock: FakeClock(at(1)),
    }
}

fn id() -> OrderId {
    placed_order().order_id
}

fn ask(amount: Option<i64>) -> NewOrderRefund {
    NewOrderRefund { amount: amount.map(euro), reason: None }
}

async fn refund<P: Payments>(
    service: &Service<P>,
    key: &str,
    amount: Option<i64>,
) -> Result<RefundAnswer> {
    service.refund(&id(), key, None, &ask(amount)).await
}

async fn order<P: Payments>(service: &Service<P>) -> Order {
    document(&service.orders, &id()).await.unwrap().unwrap()
}

async fn settle<P: Payments>(service: &Service<P>) -> Option<SignedDuration> {
    service.settle(&order(service).await).await.unwrap()
}

#[tokio::test]
async fn a_refund_is_kept_published_and_done_once_under_its_key() {
    let provider = FakeProvider::default();
    let service = service(&provider).await;
    let first = refund(&service, "a", Some(300)).await.unwrap().unwrap();
    assert_eq!((first.state, first.amount), (RefundState::Succeeded, euro(300)));
    assert_eq!(refund(&service, "a", Some(300)).await.unwrap().unwrap(), first);
    let rest = refund(&service, "b", None).await.unwrap().unwrap();
    assert_eq!(rest.amount, euro(400));
    assert_eq!(order(&service).await.refunds, [first.clone(), rest]);
    assert_eq!(provider.balance(), (PAID, PAID));
    let published = service.publisher.published();
    assert_eq!(service.publisher.types(), ["order.refunded", "order.refunded"]);
    let named = format!("{}.{}.order.refunded", id(), first.refund_id);
    assert_eq!(
        (&published[0].1["id"], &published[0].1["data"]["amount"]["amount"]),
        (&named.into(), &300.into())
    );
}

#[tokio::test]
async fn an_unknown_order_has_no_refunds() {
    let service = service(&FakeProvider::default()).await;
    let other: OrderId = "nowhere".parse().unwrap();
    let rejected = service.refund(&other, "a", None, &ask(None)).await.unwrap().unwrap_err();
    assert_eq!(rejected, RefundRejection::UnknownOrder(other));
}

#[tokio::test]
async fn the_sweep_completes_what_the_caller_abandoned() {
    for fault in [Fault::Lost, Fault::AnswerLost, Fault::Saved] {
        let provider = FakeProvider::default();
        let service = service(&provider).await;
        provider.inject("refund", fault);
        assert!(refund(&service, "a", Some(300)).await.is_err());
        assert_eq!(order(&service).await.refunds[0].state, RefundState::Pending);
        let due = due::due(&service.index, due::Slot::of(at(61))).await.unwrap();
        assert_eq!(due, [id()]);
        assert_eq!(settle(&service).await, Some(DAY));
        assert_eq!(provider.balance(), (PAID, 300), "{fault:?}");
        assert_eq!(service.publisher.types(), ["order.refunded"]);
    }
}

#[tokio::test]
async fn an_event_that_the_broker_does_not_take_is_published_when_the_refund_is_repeated() {
    let service = service(&FakeProvider::default()).await;
    service.publisher.fail_next();
    assert!(refund(&service, "a", None).await.is_err());
    assert!(order(&service).await.refunds[0].is_open());
    assert!(refund(&service, "a", None).await.unwrap().is_ok());
    assert_eq!((settle(&service).await, service.publisher.types().len()), (Some(DAY), 1));
}

#[tokio::test]
async fn a_refund_that_is_pending_is_shown_so_and_settled_when_it_is_asked_about() {
    let provider = FakeProvider::default();
    let service = service(&provider).await;
    provider.inject("refund", Fault::Refund(RefundStatus::Pending));
    let pending = refund(&service, "a", Some(300)).await.unwrap().unwrap();
    assert_eq!(pending.state, RefundState::Pending);
    assert_eq!(settle(&service).await, Some(RETRY_AFTER));
    let hour = Service { clock: FakeClock(at(1 + 3_600)), ..service.clone() };
    assert_eq!(settle(&hour).await, Some(LONG));
    assert!(service.publisher.types().is_empty());
    provider.decide_refund(0, RefundStatus::Succeeded);
    let settled = refund(&service, "a", Some(300)).await.unwrap().unwrap();
    assert_eq!((settled.state, settled.created_at), (RefundState::Succeeded, at(1)));
    assert_eq!(service.publisher.types(), ["order.refunded"]);
}

#[tokio::test]
async fn a_refund_that_failed_is_tried_again_under_its_key_alone() {
    let provider = FakeProvider::default();
    let service = service(&provider).await;
    provider.inject("refund", Fault::Refund(RefundStatus::Failed));
    let failed = refund(&service, "a", None).await.unwrap().unwrap();
    assert_eq!((failed.state, settle(&service).await), (RefundState::Failed, None));
    assert_eq!(provider.balance(), (PAID, 0));
    let done = refund(&service, "a", None).await.unwrap().unwrap();
    assert_eq!(done.state, RefundState::Succeeded);
    assert_eq!(provider.balance(), (PAID, PAID));
}

#[tokio::test]
async fn a_refund_that_the_provider_takes_back_is_shown_as_failed_until_it_is_made_again() {
    let provider = FakeProvider::default();
    let service = service(&provider).await;
    refund(&service, "a", None).await.unwrap().unwrap();
    assert_eq!(settle(&service).await, Some(DAY));
    provider.decide_refund(0, RefundStatus::Failed);
    assert_eq!(settle(&service).await, Some(DAY));
    let days = Service { clock: FakeClock(at(DAY.as_secs() + 1)), ..service.clone() };
    assert_eq!(settle(&days).await, None);
    assert_eq!(order(&service).await.refunds[0].state, RefundState::Failed);
    refund(&days, "a", None).await.unwrap().unwrap();
    assert_eq!(provider.balance(), (PAID, PAID));
    assert_eq!(service.publisher.types(), ["order.refunded", "order.refunded"]);
}

#[tokio::test]
async fn staff_refund_what_the_provider_took_back_of_a_cancelled_order() {
    let provider = FakeProvider::default();
    let service = service(&provider).await;
    service.payments.void(&id()).await.unwrap();
    let mut cancelled = Order::new(placed_order());
    let cause = Cause { step: Step::Ship, stop: Stop::Failed };
    cancelled.note(&Progress::PaymentUndone { refunded: Some(euro(PAID)) }, at(0));
    cancelled.note(&Progress::Ended(Outcome::Cancelled { cause }), at(0));
    service.orders.update(&id(), |_| (cancelled.clone(), ())).await.unwrap();
    let refused = refund(&service, "a", None).await.unwrap().unwrap_err();
    assert_eq!(refused, RefundRejection::Refused(Refusal::NothingToRefund));
    provider.decide_refund(0, RefundStatus::Failed);
    let made = refund(&service, "a", None).await.unwrap().unwrap();
    assert_eq!((made.amount, made.state), (euro(PAID), RefundState::Succeeded));
    assert_eq!((order(&service).await.owed(), provider.balance()), (None, (PAID, PAID)));
}

/// What happens next: a caller requests `amount` under a key, the sweep runs, or time passes at the
/// provider.
#[derive(Debug, Clone)]
enum Act {
    Ask { key: usize, amount: Option<i64>, fault: Option<Fault>, broker_fails: bool },
    AskAtOnce { keys: [usize; 3], amount: Option<i64> },
    Sweep,
    Decide(RefundStatus),
    ForgetKeys,
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Lost),
        Just(Fault::AnswerLost),
        Just(Fault::Saved),
        Just(Fault::Refund(RefundStatus::Pending)),
        Just(Fault::Refund(RefundStatus::Failed)),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let amount = || prop::option::of(1..=PAID + 1);
    let ask = (0..4_usize, amount(), prop::option::of(any_fault()), any::<bool>());
    prop_oneof![
        4 => ask.prop_map(|(key, amount, fault, broker_fails)| Act::Ask { key, amount, fault, broker_fails }),
        2 => (prop::array::uniform3(0..4_usize), amount())
            .prop_map(|(keys, amount)| Act::AskAtOnce { keys, amount }),
        1 => Just(Act::Sweep),
        1 => Just(Act::Decide(RefundStatus::Succeeded)),
        1 => Just(Act::Decide(RefundStatus::Failed)),
        1 => Just(Act::ForgetKeys),
    ]
}

async fn act<P: Payments>(service: &Service<P>, provider: &FakeProvider, act: Act) {
    match act {
        Act::Ask { key, amount, fault, broker_fails } => {
            if let Some(fault) = fault {
                provider.inject("refund", fault);
            }
            if broker_fails {
                service.publisher.fail_next();
            }
            let _ = refund(service, &key.to_string(), amount).await;
        }
        Act::AskAtOnce { keys, amount } => {
            let [a, b, c] = keys.map(|key| key.to_string());
            let _ = tokio::join!(
                refund(service, &a, amount),
                refund(service, &b, amount),
                refund(service, &c, amount)
            );
        }
        Act::Sweep => drop(settle(service).await),
        Act::Decide(status) => provider.decide_pending_refunds(status),
        Act::ForgetKeys => provider.forget_keys(),
    }
}

/// What the order's document says to be refunded, and how much may still be.
fn said(order: &Order) -> (i64, i64) {
    let sum = |counts: fn(RefundState) -> bool| -> i64 {
        let refunds = order.refunds.iter().filter(|refund| counts(refund.state));
        refunds.map(|refund| refund.amount.amount()).sum()
    };
    (sum(|state| state == RefundState::Succeeded), sum(|state| state != RefundState::Failed))
}

async fn check_law(acts: Vec<Act>) {
    let provider = FakeProvider::default();
    let service = service(&provider).await;
    for next in acts {
        Box::pin(act(&service, &provider, next)).await;
        let (given_back, at_most) = said(&order(&service).await);
        assert!(provider.balance().1 <= PAID && at_most <= PAID);
        assert!(given_back <= provider.balance().1);
    }
    provider.drop_faults();
    for _ in 0..4 {
        provider.decide_pending_refunds(RefundStatus::Succeeded);
        settle(&service).await;
    }
    let order = order(&service).await;
    assert!(order.refunds.iter().all(|refund| !refund.is_open()));
    assert_eq!(said(&order).0, provider.balance().1);
    let mut published: Vec<_> =
        service.publisher.published().iter().map(|(_, it)| it["id"].to_string()).collect();
    published.sort();
    published.dedup();
    let done = order.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
    assert_eq!(published.len(), done.count());
}

proptest! {
    #[test]
    fn no_more_is_refunded_than_was_paid_whatever_is_interrupted(acts in prop::collection::vec(any_act(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check_law(acts));
    }
}
