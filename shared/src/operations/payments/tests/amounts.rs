//! Providers that report another amount than was requested.

use super::*;

#[tokio::test]
async fn an_intent_of_another_amount_is_neither_confirmed_nor_taken_for_a_payment() {
    let service = service();
    service.provider.inject("confirm", Fault::Lost);
    assert!(charge(&service).await.is_err());
    service.provider.misreport(0, euro(PAID + 1));
    for _ in 0..2 {
        assert!(matches!(charge(&service).await, Err(Error::Failed(_))));
    }
    assert_eq!(service.provider.calls(), ["create", "confirm", "read", "read"]);
    assert_eq!(void(&service).await.unwrap(), None);
    assert_eq!(service.provider.intents(), [IntentStatus::Canceled]);
}

#[tokio::test]
async fn a_charge_of_another_amount_fails_and_is_refunded() {
    let service = service();
    service.provider.inject("confirm", Fault::AnswerLost);
    assert!(charge(&service).await.is_err());
    service.provider.misreport(0, euro(PAID - 1));
    assert!(matches!(charge(&service).await, Err(Error::Failed(_))));
    void(&service).await.unwrap();
    assert_eq!(service.provider.balance(), (PAID, PAID));
}
