//! Settles what no caller asks about any more: payments whose callers did not return, refunds that
//! take days, and refunds that the provider takes back after they succeeded.

use super::PaymentService;
use super::refunds::log_failed_refund;
use crate::domain::PaymentId;
use crate::domain::payment::{
    OnPay, Owner, Payment, PaymentState, RefundId, RefundState, Settled, needs_review, next_review,
};
use crate::observe;
use crate::operations::due::{self, Page};
use crate::operations::sweep::{Handler, RETRY_AFTER};
use crate::ports::{
    Clock, Documents, Payments, PortFuture, Provider, Publisher, RefundObject, Result,
};
use jiff::{SignedDuration, Timestamp};

/// A refund that has been pending for this long is checked no more often: banks take days.
const LONG: SignedDuration = SignedDuration::from_hours(1);

impl<D, I, V, P, C> Handler<PaymentId> for PaymentService<D, I, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    I: Documents<String, Page<PaymentId>>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    fn handle(&self, id: &PaymentId) -> impl PortFuture<Option<SignedDuration>> {
        self.settle(id)
    }
}

impl<D, I, V, P, C> PaymentService<D, I, V, P, C>
where
    D: Documents<PaymentId, Payment>,
    I: Documents<String, Page<PaymentId>>,
    V: Provider,
    P: Publisher,
    C: Clock,
{
    /// Records when to settle a payment that is about to be decided, unless its caller has by then.
    pub(super) async fn expect_caller(&self, payment: &Payment) -> Result<()> {
        match payment.state {
            PaymentState::Intended | PaymentState::Created { .. } => self.schedule(payment).await,
            PaymentState::Charged { .. }
            | PaymentState::Refused(_)
            | PaymentState::Cancelled
            | PaymentState::Refunded { .. } => Ok(()),
        }
    }

    /// Records when to check a caller's payment. An order's is checked with its order.
    pub(super) async fn schedule(&self, payment: &Payment) -> Result<()> {
        match payment.by {
            Owner::Order => Ok(()),
            Owner::Caller => {
                let due = self.clock.after(self.overdue_after);
                due::note(&self.index, &payment.payment_id, due).await
            }
        }
    }

    /// Advances a payment and its refunds as far as possible; returns the delay until the next
    /// check.
    pub(super) async fn settle_payment(&self, payment: Payment) -> Result<Option<SignedDuration>> {
        let mut payment = self.end(payment).await?;
        for id in pending(&payment) {
            payment = self.give_back(payment, &id, None).await?;
        }
        let now = self.clock.now();
        if succeeded(&payment).any(|since| needs_review(since, now)) {
            payment = self.recheck_refunds(payment).await?;
        }
        let reviews = succeeded(&payment).filter_map(|since| next_review(since, now));
        Ok(reviews.chain(waits(&payment, now)).min())
    }

    /// Ends a payment whose caller did not return: one that was cancelled is undone, one that was
    /// not confirmed is cancelled, and any other gets the state that the provider reports.
    async fn end(&self, payment: Payment) -> Result<Payment> {
        let intent = match &payment.state {
            PaymentState::Intended => None,
            PaymentState::Created { intent } => Some(intent.clone()),
            PaymentState::Charged { .. } if payment.called_off && payment.refunds.is_empty() => {
                return self.give_back(payment, &RefundId::undo(), None).await;
            }
            PaymentState::Charged { .. }
            | PaymentState::Refused(_)
            | PaymentState::Cancelled
            | PaymentState::Refunded { .. } => return Ok(payment),
        };
        log_overdue(&payment, if intent.is_some() { "created" } else { "intended" });
        let Some(intent) = intent else {
            return self.advance(&payment, PaymentState::Cancelled).await;
        };
        if payment.called_off {
            let payment = self.cancel(payment).await?;
            return self.give_back(payment, &RefundId::undo(), None).await;
        }
        let mut found = self.provider.read(&intent).await?;
        if found.status.on_pay() == OnPay::Confirm {
            found = self.provider.cancel(&intent).await?;
        }
        let payment = self.write_down(payment, found).await?;
        self.publish_state(&payment).await?;
        Ok(payment)
    }

    /// Reads the refunds that succeeded again from the provider.
    pub(super) async fn recheck_refunds(&self, mut payment: Payment) -> Result<Payment> {
        let Some(intent) = payment.intent().filter(|_| succeeded(&payment).next().is_some()) else {
            return Ok(payment);
        };
        let known = self.provider.refunds(intent).await?;
        let now = self.clock.now();
        for id in taken_back(&payment, &known) {
            let mut is_new = false;
            let change = |found: &mut Payment| is_new = found.take_refund_back(&id, now);
            payment = self.change(&payment, change).await?;
            if is_new {
                log_failed_refund(&payment, id.as_str());
            }
        }
        Ok(payment)
    }
}

fn log_overdue(payment: &Payment, state: &'static str) {
    observe::payment_overdue(state);
    tracing::warn!(payment.id = %payment.payment_id, state, "payment {} is overdue", payment.payment_id);
}

/// The pending refunds.
fn pending(payment: &Payment) -> Vec<RefundId> {
    let open = payment.refunds.iter().filter(|refund| refund.state == RefundState::Pending);
    open.map(|refund| refund.refund_id.clone()).collect()
}

/// When each refund succeeded, if known.
fn succeeded(payment: &Payment) -> impl Iterator<Item = Timestamp> {
    let done = payment.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
    done.filter_map(|refund| refund.updated_at)
}

/// The delay until the next check of each pending refund.
fn waits(payment: &Payment, now: Timestamp) -> impl Iterator<Item = SignedDuration> {
    let open = payment.refunds.iter().filter(|refund| refund.state == RefundState::Pending);
    open.map(move |refund| match refund.updated_at {
        Some(since) if now.duration_since(since) < LONG => RETRY_AFTER,
        _ => LONG,
    })
}

/// The refunds that succeeded and that the provider has taken back since.
fn taken_back(payment: &Payment, known: &[RefundObject]) -> Vec<RefundId> {
    let done = payment.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
    let lost = |id: &&RefundId| {
        let of_id = known.iter().filter(|it| it.refund_id.as_deref() == Some(id.as_str()));
        let mut settled = of_id.map(|refund| refund.status.settled()).peekable();
        settled.peek().is_some() && settled.all(|settled| settled == Settled::NotGivenBack)
    };
    done.map(|refund| &refund.refund_id).filter(lost).cloned().collect()
}
