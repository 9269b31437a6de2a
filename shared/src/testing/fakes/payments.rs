//! Payments with a provider in memory.

use super::{FakeBroker, FakeClock, FakeDocuments, FakeProvider};
use crate::domain::payment::{Charge, Owner, RefundId, RefundState};
use crate::domain::{Money, OrderId, PaymentId};
use crate::operations::payments::PaymentService;
use crate::ports::{Failure, PaymentClient, Payments, Result};
use crate::testing::orders::at;
use jiff::SignedDuration;

/// Payments that are called directly, without a network.
#[derive(Debug, Clone)]
pub struct DirectPayments<P>(pub P);

impl<P: Payments> PaymentClient for DirectPayments<P> {
    async fn charge(&self, charge: &Charge) -> Result<PaymentId> {
        Ok(self.0.charge(Owner::Order, charge).await?.payment_id)
    }

    async fn void(&self, order: &OrderId) -> Result<Option<Money>> {
        self.0.void(order).await
    }

    async fn refund(&self, order: &OrderId, id: &RefundId, amount: Money) -> Result<RefundState> {
        let payment = PaymentId::of(order);
        let payment = self.0.refund(Owner::Order, &payment, id, Some(amount)).await?;
        let refund = payment.as_ref().and_then(|payment| payment.refund(id));
        let none = || Failure::new("fake payments", "refund", "there is no such refund");
        Ok(refund.ok_or_else(none)?.state)
    }

    async fn review(&self, order: &OrderId) -> Result<Vec<(RefundId, RefundState)>> {
        let payment = self.0.review(&PaymentId::of(order)).await?;
        let refunds = payment.map(|payment| payment.refunds).unwrap_or_default();
        Ok(refunds.into_iter().map(|refund| (refund.refund_id, refund.state)).collect())
    }

    async fn sweep(&self) -> Result<()> {
        self.0.sweep().await
    }
}

/// Payments without a store, with a stopped clock.
#[must_use]
pub fn fake_payments(provider: &FakeProvider) -> impl Payments + use<> {
    PaymentService {
        documents: FakeDocuments::default(),
        index: FakeDocuments::default(),
        provider: provider.clone(),
        publisher: FakeBroker::default(),
        clock: FakeClock(at(0)),
        overdue_after: SignedDuration::from_mins(15),
    }
}
