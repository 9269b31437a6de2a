//! Payments whose callers did not return, and refunds that the provider takes back.

use super::*;
use crate::domain::payment::{RefundId, RefundState, RefundStatus};
use crate::operations::sweep::RETRY_AFTER;

const DAY: i64 = 86_400;

fn id() -> PaymentId {
    PaymentId::by_caller(&sample().order_id)
}

/// The same shop, later.
fn later(service: &FakePaymentService, second: i64) -> FakePaymentService {
    PaymentService { clock: FakeClock(at(second)), ..service.clone() }
}

async fn direct(service: &FakePaymentService) -> Result<Payment> {
    service.charge(Owner::Caller, &sample()).await
}

async fn refund(service: &FakePaymentService, amount: Option<i64>) -> Result<Option<Payment>> {
    service.refund(Owner::Caller, &id(), &RefundId::rest(), amount.map(euro)).await
}

async fn payment(service: &FakePaymentService) -> Payment {
    service.find(&id()).await.unwrap().unwrap()
}

/// Sweeps at each of `seconds`; returns the last one that called the provider.
async fn sweep(
    service: &FakePaymentService,
    seconds: impl IntoIterator<Item = i64>,
) -> Option<i64> {
    let mut last = None;
    for second in seconds {
        let calls = service.provider.calls().len();
        later(service, second).sweep().await.unwrap();
        if service.provider.calls().len() > calls {
            last = Some(second);
        }
    }
    last
}

#[tokio::test]
async fn a_payment_whose_caller_did_not_return_is_settled_by_what_the_provider_has() {
    for (call, fault, state, balance, published) in [
        ("create", Fault::Lost, "cancelled", 0, vec![]),
        ("create", Fault::AnswerLost, "cancelled", 0, vec![]),
        ("confirm", Fault::Lost, "cancelled", 0, vec![]),
        ("confirm", Fault::AnswerLost, "charged", PAID, vec!["payment.charged"]),
        (
            "confirm",
            Fault::Intent(IntentStatus::RequiresAction),
            "refused",
            0,
            vec!["payment.declined"],
        ),
    ] {
        let service = service();
        service.sweep().await.unwrap();
        service.provider.inject(call, fault);
        let _ = direct(&service).await;
        sweep(&service, [890]).await;
        sweep(&service, [930, 1_300]).await;
        assert_eq!(payment(&service).await.state.name(), state, "{call} {fault:?}");
        assert_eq!(service.provider.balance(), (balance, 0), "{call} {fault:?}");
        assert_eq!(service.publisher.types(), published, "{call} {fault:?}");
        let charged = service.provider.intents().contains(&IntentStatus::RequiresConfirmation);
        // An intent whose id was never recorded charges nothing.
        assert_eq!(charged, (call, fault) == ("create", Fault::AnswerLost));
    }
}

#[tokio::test]
async fn a_decline_that_never_reached_its_caller_is_found_and_published() {
    let service = service();
    service.sweep().await.unwrap();
    service.provider.inject("confirm", Fault::Lost);
    assert!(direct(&service).await.is_err());
    service.provider.decide(0, IntentStatus::RequiresPaymentMethod);
    sweep(&service, [930]).await;
    assert_eq!(payment(&service).await.state.name(), "refused");
    assert_eq!(service.publisher.types(), ["payment.declined"]);
}

#[tokio::test]
async fn a_caller_who_returns_late_pays_once() {
    for (call, fault) in
        [("create", Fault::Lost), ("confirm", Fault::Lost), ("confirm", Fault::AnswerLost)]
    {
        let service = service();
        service.sweep().await.unwrap();
        service.provider.inject(call, fault);
        assert!(direct(&service).await.is_err());
        sweep(&service, [930]).await;
        let paid = direct(&service).await.unwrap();
        assert_eq!((paid.state.name(), service.provider.balance()), ("charged", (PAID, 0)));
    }
}

#[tokio::test]
async fn an_undecided_payment_is_checked_again_until_it_is_decided() {
    let service = service();
    service.sweep().await.unwrap();
    service.provider.inject("confirm", Fault::Intent(IntentStatus::Processing));
    assert!(direct(&service).await.is_err());
    assert!(sweep(&service, (0..4_000).step_by(100)).await >= Some(3_600));
    service.provider.decide(0, IntentStatus::Succeeded);
    assert!(sweep(&service, (4_000..8_000).step_by(100)).await <= Some(4_400));
    assert_eq!(payment(&service).await.state.name(), "charged");
}

#[tokio::test]
async fn a_payment_that_its_caller_cancelled_is_undone() {
    for (confirm, cancel, refunded) in
        [(Fault::Lost, Fault::Lost, 0), (Fault::AnswerLost, Fault::Lost, PAID)]
    {
        let service = service();
        service.sweep().await.unwrap();
        service.provider.inject("confirm", confirm);
        assert!(direct(&service).await.is_err());
        for call in ["read", "cancel", "refund"] {
            service.provider.inject(call, cancel);
        }
        assert!(refund(&service, None).await.is_err());
        // One that the provider still reports as successful is enough.
        sweep(&service, (900..4_000).step_by(100)).await;
        assert_eq!(service.provider.balance(), (refunded, refunded));
        assert!(direct(&service).await.is_err());
        assert_eq!(service.provider.balance(), (refunded, refunded));
    }
}

#[tokio::test]
async fn a_charge_is_refunded_if_it_was_cancelled_and_left_alone_if_not() {
    for called_off in [false, true] {
        let service = service();
        service.sweep().await.unwrap();
        direct(&service).await.unwrap();
        let call_off = |found: Option<Payment>| {
            let mut payment = found.unwrap();
            payment.called_off = called_off;
            (payment, ())
        };
        service.documents.update(&id(), call_off).await.unwrap();
        sweep(&service, (900..2_000).step_by(100)).await;
        assert_eq!(service.provider.balance(), (PAID, if called_off { PAID } else { 0 }));
    }
}

#[tokio::test]
async fn a_refund_that_takes_long_is_checked_every_hour() {
    let service = service();
    direct(&service).await.unwrap();
    service.provider.inject("refund", Fault::Refund(RefundStatus::Pending));
    refund(&service, None).await.unwrap();
    let hour = SignedDuration::from_hours(1);
    for (second, wait) in [(3_599, RETRY_AFTER), (3_600, hour)] {
        assert_eq!(later(&service, second).settle(&id()).await.unwrap(), Some(wait));
    }
}

#[tokio::test]
async fn a_refund_that_its_caller_abandoned_is_completed() {
    for fault in
        [Fault::Lost, Fault::AnswerLost, Fault::Saved, Fault::Refund(RefundStatus::Pending)]
    {
        let service = service();
        service.sweep().await.unwrap();
        direct(&service).await.unwrap();
        service.provider.inject("refund", fault);
        let _ = refund(&service, Some(300)).await;
        assert_eq!(payment(&service).await.refunds[0].state, RefundState::Pending, "{fault:?}");
        sweep(&service, [930, 1_300]).await;
        service.provider.decide_pending_refunds(RefundStatus::Succeeded);
        sweep(&service, [1_700]).await;
        assert_eq!(service.provider.balance(), (PAID, 300), "{fault:?}");
        assert_eq!(service.publisher.types(), ["payment.charged", "payment.refunded"]);
    }
}

#[tokio::test]
async fn a_pending_refund_is_checked_less_often_after_an_hour() {
    let service = service();
    direct(&service).await.unwrap();
    service.provider.inject("refund", Fault::Refund(RefundStatus::Pending));
    refund(&service, Some(300)).await.unwrap();
    for (second, minutes) in [(3_599, 5), (3_600, 60)] {
        let again = later(&service, second).settle(&id()).await.unwrap();
        assert_eq!(again, Some(SignedDuration::from_mins(minutes)));
    }
    let other = PaymentId::by_caller(&"unknown".parse().unwrap());
    assert_eq!(service.settle(&other).await.unwrap(), None);
}

#[tokio::test]
async fn a_refund_requested_long_after_its_payment_ended_is_swept_too() {
    let service = service();
    service.sweep().await.unwrap();
    direct(&service).await.unwrap();
    assert_eq!(sweep(&service, [930, 5_000]).await, None);
    service.provider.inject("refund", Fault::Lost);
    assert!(refund(&later(&service, 5_000), None).await.is_err());
    assert_eq!(sweep(&service, [5_800, 5_930]).await, Some(5_930));
    assert_eq!(service.provider.balance(), (PAID, PAID));
}

#[tokio::test]
async fn a_refund_is_reviewed_for_30_days_and_one_that_was_taken_back_can_be_made_again() {
    let service = service();
    service.sweep().await.unwrap();
    direct(&service).await.unwrap();
    refund(&service, None).await.unwrap();
    let hours = |from: i64, to: i64| (from * DAY..to * DAY).step_by(3_600);
    // Restarted an hour after it was due, by which time nothing was decided.
    assert_eq!(sweep(&service, hours(0, 20)).await, Some(7 * DAY + 3_600));
    assert_eq!(payment(&service).await.state.name(), "refunded");
    service.provider.decide_refund(0, RefundStatus::Failed);
    assert_eq!(sweep(&service, hours(20, 90)).await, Some(30 * DAY + 3_600));
    let found = payment(&service).await;
    assert_eq!((found.state.name(), found.refunds[0].state), ("charged", RefundState::Failed));
    let later = later(&service, 90 * DAY);
    let again = refund(&later, None).await.unwrap().unwrap();
    assert_eq!((again.state.name(), service.provider.balance()), ("refunded", (PAID, PAID)));
}

#[tokio::test]
async fn a_repeated_request_for_a_refund_that_was_taken_back_makes_it_again() {
    let service = service();
    direct(&service).await.unwrap();
    refund(&service, None).await.unwrap();
    service.provider.decide_refund(0, RefundStatus::Failed);
    assert_eq!(service.provider.balance(), (PAID, 0));
    refund(&service, None).await.unwrap();
    assert_eq!(service.provider.balance(), (PAID, PAID));
}

#[tokio::test]
async fn the_payment_of_an_order_is_left_to_its_order() {
    let service = service();
    service.sweep().await.unwrap();
    service.provider.inject("confirm", Fault::Lost);
    assert!(charge(&service).await.is_err());
    assert_eq!(sweep(&service, (0..4_000).step_by(100)).await, None);
}
