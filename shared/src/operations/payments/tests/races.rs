//! A payment that is cancelled at the worst moment.

use super::*;
use crate::ports::{RefundObject, RefundRequest};

/// A provider during whose answer to a creation another try of the same payment creates the intent,
/// and the payment is cancelled; the confirmation of the one and the undo of the other are lost.
#[derive(Debug, Clone)]
struct Overtaken(FakePaymentService);

impl Provider for Overtaken {
    async fn create(&self, request: &IntentRequest, key: &str) -> Result<ProviderAnswer<Intent>> {
        let Self(faster) = self;
        let created = faster.provider.create(request, key).await;
        for (call, fault) in [("confirm", Fault::Lost), ("read", Fault::Lost)] {
            faster.provider.inject(call, fault);
        }
        assert!(matches!(charge(faster).await, Err(Error::Failed(_))));
        assert!(matches!(void(faster).await, Err(Error::Failed(_))));
        created
    }

    async fn confirm(&self, intent: &str) -> Result<ProviderAnswer<Intent>> {
        self.0.provider.confirm(intent).await
    }

    async fn cancel(&self, intent: &str) -> Result<Intent> {
        self.0.provider.cancel(intent).await
    }

    async fn read(&self, intent: &str) -> Result<Intent> {
        self.0.provider.read(intent).await
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> Result<ProviderAnswer<RefundObject>> {
        self.0.provider.refund(request, key).await
    }

    async fn refunds(&self, intent: &str) -> Result<Vec<RefundObject>> {
        self.0.provider.refunds(intent).await
    }
}

#[tokio::test]
async fn a_payment_that_is_cancelled_while_its_intent_is_created_is_not_confirmed() {
    let service = service();
    let overtaken = PaymentService {
        provider: Overtaken(service.clone()),
        documents: service.documents.clone(),
        index: service.index.clone(),
        publisher: service.publisher.clone(),
        clock: service.clock.clone(),
        overdue_after: service.overdue_after,
    };
    let charged = overtaken.charge(Owner::Order, &sample()).await;
    assert_eq!(refused(charged), Refusal::PaymentVoided);
    assert_eq!(service.provider.calls(), ["create", "create", "confirm", "read"]);
    assert_eq!(void(&service).await.unwrap(), None);
    assert_eq!(service.provider.balance(), (0, 0));
}
