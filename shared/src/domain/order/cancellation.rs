//! Cancelling an order that has not been shipped, on request.
//!
//! The request is written into the order's document, which the saga's steps read before they act. So
//! is the shipment, and the first of the two writes wins.

use super::{Order, Status};
use crate::domain::caller::{Caller, Scope};
use crate::domain::saga::{Outcome, Step};
use crate::domain::text::Text;
use crate::domain::{CustomerId, OrderId, Refusal, strict};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a request to cancel an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// The reason, for staff.
    #[serde(default, deserialize_with = "strict::text_if_any")]
    pub reason: Option<Text<200>>,
}

/// Who requested the cancellation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Canceller {
    /// The customer who placed it.
    Customer,
    /// Staff, or a caller without a token.
    Staff,
}

impl Canceller {
    /// The role in which `caller` cancels an order of `customer`; none if they may not see it.
    #[must_use]
    pub fn of(caller: Option<&Caller>, customer: &CustomerId) -> Option<Self> {
        match caller {
            Some(caller) if caller.customer_id == *customer => Some(Self::Customer),
            Some(caller) if !caller.may(Scope::OrdersAdmin) => None,
            _ => Some(Self::Staff),
        }
    }
}

/// The request to cancel an order, as its document stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancellation {
    /// Who requested it first.
    pub by: Canceller,
    /// Which of staff, by the subject of the token; nobody where no tokens are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<CustomerId>,
    /// The reason given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<200>>,
    /// When it was recorded.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

/// Why an order is not cancelled. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CancelRejection {
    /// No such order is visible to the caller.
    UnknownOrder(OrderId),
    /// The goods have been shipped.
    Shipped,
}

impl Order {
    /// Records that it is to be cancelled. Repeated, or once it is being undone or is cancelled, this
    /// changes nothing.
    ///
    /// # Errors
    /// [`CancelRejection::Shipped`].
    pub fn cancel(&mut self, cancellation: Cancellation) -> Result<(), CancelRejection> {
        if self.is_shipped() {
            return Err(CancelRejection::Shipped);
        }
        if self.outcome.is_none() {
            self.cancellation.get_or_insert(cancellation);
        }
        Ok(())
    }

    /// Checks that its next step may be done.
    ///
    /// # Errors
    /// `cancel-requested`.
    pub fn ensure_not_cancelled(&self) -> Result<(), Refusal> {
        match &self.cancellation {
            Some(Cancellation { by, .. }) => Err(Refusal::CancelRequested { by: *by }),
            None => Ok(()),
        }
    }

    /// Whether the goods have been shipped, so that it can only be completed.
    fn is_shipped(&self) -> bool {
        match &self.outcome {
            Some(Outcome::Stuck { left, .. }) => left.contains(&Step::Complete),
            _ => matches!(self.status, Status::Shipped | Status::Completed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TrackingId;
    use crate::domain::order::Progress;
    use crate::domain::saga::{Cause, Stop};
    use crate::testing::orders::{at, placed_order};

    fn asked(by: Canceller, second: i64) -> Cancellation {
        Cancellation { by, staff: None, reason: None, at: at(second) }
    }

    fn shipped() -> Progress {
        Progress::Shipped { tracking_id: TrackingId::of(&placed_order().order_id) }
    }

    #[test]
    fn the_first_of_shipment_and_cancellation_decides() {
        let mut order = Order::new(placed_order());
        order.cancel(asked(Canceller::Customer, 1)).unwrap();
        assert!(!order.note(&shipped(), at(2)));
        assert_eq!((order.status, order.tracking_id.as_ref()), (Status::Pending, None));
        let by = Canceller::Customer;
        assert_eq!(order.ensure_not_cancelled(), Err(Refusal::CancelRequested { by }));
        let mut order = Order::new(placed_order());
        assert!(order.note(&shipped(), at(1)));
        assert_eq!(order.cancel(asked(by, 2)), Err(CancelRejection::Shipped));
        assert_eq!((order.ensure_not_cancelled(), order.cancellation), (Ok(()), None));
    }

    #[test]
    fn the_first_request_to_cancel_is_kept() {
        let mut order = Order::new(placed_order());
        order.cancel(asked(Canceller::Customer, 1)).unwrap();
        order.cancel(asked(Canceller::Staff, 2)).unwrap();
        assert_eq!(order.cancellation, Some(asked(Canceller::Customer, 1)));
    }

    #[test]
    fn an_order_that_has_ended_or_is_stuck_is_cancelled_unless_it_is_shipped() {
        let cause = Cause { step: Step::Ship, stop: Stop::Failed };
        let stuck = |left| Outcome::Stuck { cause: cause.clone(), left: vec![left] };
        for (outcome, expected) in [
            (Outcome::Cancelled { cause: cause.clone() }, Ok(())),
            (stuck(Step::RefundPayment), Ok(())),
            (stuck(Step::Complete), Err(CancelRejection::Shipped)),
            (Outcome::Fulfilled, Err(CancelRejection::Shipped)),
        ] {
            let mut order = Order::new(placed_order());
            order.note(&Progress::Ended(outcome), at(1));
            assert_eq!(order.cancel(asked(Canceller::Staff, 2)), expected);
            assert_eq!(order.cancellation, None);
        }
    }

    #[test]
    fn customers_cancel_their_own_orders_and_staff_all() {
        let customer = placed_order().order.customer_id;
        let of = |caller: &str| Canceller::of(Some(&caller.parse().unwrap()), &customer);
        assert_eq!(of("ann orders"), Some(Canceller::Customer));
        assert_eq!(of("ann orders.admin"), Some(Canceller::Customer));
        assert_eq!((of("bob orders"), of("bob orders.admin")), (None, Some(Canceller::Staff)));
        assert_eq!(Canceller::of(None, &customer), Some(Canceller::Staff));
    }
}
