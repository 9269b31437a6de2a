//! Cancels orders on request, until they are shipped.

use crate::domain::OrderId;
use crate::domain::caller::Caller;
use crate::domain::order::{CancelRejection, Cancellation, Canceller, NewCancellation, Order};
use crate::ports::{CancelAnswer, Cancellations, Clock, Orders, Result, Sagas};

/// Cancellations recorded in the order documents, where the steps of the sagas find them.
#[derive(Debug, Clone)]
pub struct CancellationService<O, S, C> {
    /// The order documents.
    pub orders: O,
    /// The sagas.
    pub sagas: S,
    /// The clock.
    pub clock: C,
}

impl<O: Orders, S: Sagas, C: Clock> Cancellations for CancellationService<O, S, C> {
    async fn cancel(
        &self,
        id: &OrderId,
        caller: Option<&Caller>,
        ask: NewCancellation,
    ) -> Result<CancelAnswer> {
        let unknown = || Ok(Err(CancelRejection::UnknownOrder(id.clone())));
        let Some(placed) = self.sagas.find(id).await? else { return unknown() };
        let Some(by) = Canceller::of(caller, &placed.order.customer_id) else { return unknown() };
        let staff = caller.filter(|_| by == Canceller::Staff).map(|it| it.customer_id.clone());
        let cancellation = Cancellation { by, staff, reason: ask.reason, at: self.clock.now() };
        let cancel = |found: Option<Order>| {
            // A saga whose first step has not run yet finds this document.
            let mut order = found.unwrap_or_else(|| Order::new(placed.clone()));
            let asked = order.cancel(cancellation.clone());
            (order, asked)
        };
        let (order, asked) = self.orders.update(id, cancel).await?;
        if asked.is_ok() {
            tracing::info!(order.id = %id, ?by, status = ?order.status, "order {id} is to be cancelled");
        }
        Ok(asked.map(|()| order))
    }
}

#[cfg(test)]
mod tests;
