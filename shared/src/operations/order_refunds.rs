//! Refunds by staff of orders that have ended.
//!
//! A refund is written into the order's document before any money moves, then requested of the payment,
//! then recorded and published. Each part is idempotent, so a refund that was interrupted is completed
//! by the next attempt: the caller's, with the same key, or the sweep's.

use super::due::{self, Page};
use super::order_events;
use super::sweep::RETRY_AFTER;
use crate::domain::caller::Caller;
use crate::domain::order::{NewOrderRefund, Order, OrderRefund, RefundRejection};
use crate::domain::payment::{RefundId, RefundState};
use crate::domain::{OrderId, PaymentId};
use crate::ports::{
    Chain, Clock, Documents, Error, OrderRefunds, Orders, PaymentClient, Publisher, RefundAnswer,
    Result, document,
};
use jiff::SignedDuration;

/// The delay after which the sweep completes a refund: longer than a request takes.
const SETTLE_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// A refund that has been pending for this long is checked no more often: banks take days.
const LONG: SignedDuration = SignedDuration::from_hours(1);

/// Refunds recorded in the order documents.
#[derive(Debug, Clone)]
pub struct RefundService<O, I, P, B, C> {
    /// The order documents.
    pub orders: O,
    /// The orders by due time.
    pub index: I,
    /// The payments.
    pub payments: P,
    /// The broker.
    pub publisher: B,
    /// The clock.
    pub clock: C,
}

impl<O, I, P, B, C> OrderRefunds for RefundService<O, I, P, B, C>
where
    O: Orders,
    I: Documents<String, Page<OrderId>>,
    P: PaymentClient,
    B: Publisher,
    C: Clock,
{
    async fn refund(
        &self,
        id: &OrderId,
        key: &str,
        caller: Option<&Caller>,
        ask: &NewOrderRefund,
    ) -> Result<RefundAnswer> {
        let Some(mut order) = document(&self.orders, id).await? else {
            return Ok(Err(RefundRejection::UnknownOrder(id.clone())));
        };
        if order.has_given_back() {
            order = self.review(order).await?;
        }
        let refund = RefundId::for_key(&PaymentId::of(id), key);
        let (by, now) = (caller.map(|caller| &caller.customer_id), self.clock.now());
        if let Err(rejection) = order.ask_refund(&refund, ask, by, now) {
            return Ok(Err(rejection));
        }
        due::note(&self.index, id, self.clock.after(SETTLE_AFTER)).await?;
        let mut asked = Ok(());
        let ask = |found: &mut Order| asked = found.ask_refund(&refund, ask, by, now);
        let order = self.change(&order, ask).await?;
        match asked {
            Ok(()) => self.advance_refund(order, &refund).await,
            Err(rejection) => Ok(Err(rejection)),
        }
    }

    async fn settle(&self, order: &Order) -> Result<Option<SignedDuration>> {
        let (now, mut again) = (self.clock.now(), None);
        for refund in order.refunds.iter().filter(|refund| refund.is_open()) {
            if self.is_still_open(order, refund).await {
                let wait =
                    if now.duration_since(refund.created_at) < LONG { RETRY_AFTER } else { LONG };
                again = Some(again.map_or(wait, |other: SignedDuration| other.min(wait)));
            }
        }
        let mut order = order.clone();
        if order.refunds.iter().any(OrderRefund::is_open) {
            let id = &order.placed.order_id;
            order = document(&self.orders, id).await?.unwrap_or(order);
        }
        if order.needs_review(now) {
            order = self.review(order).await?;
        }
        Ok(again.into_iter().chain(order.next_review(now)).min())
    }
}

impl<O, I, P, B, C> RefundService<O, I, P, B, C>
where
    O: Orders,
    P: PaymentClient,
    B: Publisher,
    C: Clock,
{
    /// Advances a recorded refund as far as possible.
    async fn advance_refund(&self, order: Order, id: &RefundId) -> Result<RefundAnswer> {
        let Some(refund) = order.refund(id) else { return Ok(Err(RefundRejection::KeyReused)) };
        let refused = match refund.state {
            RefundState::Pending => self.ask_payment(&order, refund).await?,
            RefundState::Succeeded | RefundState::Failed => Ok(refund.state),
        };
        let (now, state) = (self.clock.now(), refused.clone().unwrap_or(RefundState::Failed));
        let order = self.change(&order, |found| found.note_refund(id, state, now)).await?;
        let order = self.publish(order, id).await?;
        Ok(refused.and_then(|_| order.refund(id).cloned().ok_or(RefundRejection::KeyReused)))
    }

    /// Reviews the refunds that succeeded: the provider may have taken them back.
    async fn review(&self, order: Order) -> Result<Order> {
        let refunds = self.payments.review(&order.placed.order_id).await?;
        let failed: Vec<_> =
            refunds.into_iter().filter(|(_, state)| *state == RefundState::Failed).collect();
        let now = self.clock.now();
        let take_back = |found: &mut Order| {
            for (id, _) in &failed {
                found.take_refund_back(id, now);
            }
        };
        self.change(&order, take_back).await
    }

    async fn ask_payment(
        &self,
        order: &Order,
        refund: &OrderRefund,
    ) -> Result<std::result::Result<RefundState, RefundRejection>> {
        let (id, name) = (&order.placed.order_id, &refund.refund_id);
        match self.payments.refund(id, name, refund.amount).await {
            Ok(state) => Ok(Ok(state)),
            Err(Error::Refused(refusal)) => {
                tracing::error!(order.id = %id, refund.id = %name, %refusal, "the payment of order {id} refuses a refund that its order allows");
                Ok(Err(refusal.into()))
            }
            Err(failed) => Err(failed),
        }
    }

    /// Publishes a refund that has succeeded, and records that.
    async fn publish(&self, order: Order, id: &RefundId) -> Result<Order> {
        let done = |refund: &&OrderRefund| refund.state == RefundState::Succeeded;
        match order.refund(id).filter(done) {
            Some(refund) if !refund.published => {
                order_events::refunded(&self.publisher, &order, refund).await?;
                self.change(&order, |found| found.note_refund_published(id)).await
            }
            _ => Ok(order),
        }
    }

    async fn is_still_open(&self, order: &Order, refund: &OrderRefund) -> bool {
        let (order_id, id) = (&order.placed.order_id, &refund.refund_id);
        match self.advance_refund(order.clone(), id).await {
            Ok(answer) => answer.is_ok_and(|refund| refund.is_open()),
            Err(error) => {
                tracing::warn!(order.id = %order_id, refund.id = %id, error = %Chain(&error), "refund {id} of order {order_id} is still pending");
                true
            }
        }
    }

    async fn change(
        &self,
        order: &Order,
        mut change: impl FnMut(&mut Order) + Send,
    ) -> Result<Order> {
        let changed = |found: Option<Order>| {
            let mut found = found.unwrap_or_else(|| order.clone());
            change(&mut found);
            (found, ())
        };
        Ok(self.orders.update(&order.placed.order_id, changed).await?.0)
    }
}

#[cfg(test)]
mod tests;
