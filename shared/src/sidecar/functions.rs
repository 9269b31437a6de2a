//! Ports implemented by other functions, over service invocation.

use super::invocation::Invocation;
use super::repeat::repeated;
use crate::domain::caller::Caller;
use crate::domain::order::{NewResumption, Order};
use crate::domain::payment::{Charge, OrderCharge, PartialRefund, RefundId, RefundState, Undone};
use crate::domain::placing::{Address, PlacedOrder};
use crate::domain::shipment::Booked;
use crate::domain::{Money, OrderId, PaymentId, TrackingId};
use crate::http::Kind;
use crate::http::sagas::ProgressWait;
use crate::ports::{PaymentClient, Progress, Result, Sagas, Shipping, Until};
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use std::time::Duration;

const NOTHING: Option<&()> = None;

/// The time that a response may take beyond the requested wait.
const ON_THE_WAY: Duration = Duration::from_secs(2);

/// `order-saga`.
#[derive(Debug, Clone)]
pub struct OrderSaga(pub(super) Invocation);

impl Sagas for OrderSaga {
    /// Retries a failed start, which is idempotent by the order's id.
    async fn start(&self, order: &PlacedOrder) -> Result<Option<PlacedOrder>> {
        let path = &format!("/sagas/{}", order.order_id);
        let start = async || {
            let answer = self.0.call("order-saga", Method::PUT, path, Some(order)).await?;
            if answer.is(Kind::Overloaded) {
                return Ok(None);
            }
            answer.read("order-saga").map(Some)
        };
        repeated("order-saga", start).await
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        let path = format!("/sagas/{order}");
        let answer = self.0.call("order-saga", Method::GET, &path, NOTHING).await?;
        answer.read_if_found("order-saga")
    }

    async fn resume(
        &self,
        order: &OrderId,
        _: Option<&Caller>,
        ask: &NewResumption,
    ) -> Result<Option<bool>> {
        let path = format!("/api/orders/{order}/resume");
        let answer = self.0.call("order-saga", Method::POST, &path, Some(ask)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.check("order-saga")?;
        Ok(Some(answer.status() == StatusCode::ACCEPTED))
    }
}

impl Progress for OrderSaga {
    async fn next(&self, order: &OrderId, until: Until, wait: Duration) -> Result<Option<Order>> {
        let path = format!("/sagas/{order}/progress");
        let asked = ProgressWait::new(until, wait);
        let limit = wait + ON_THE_WAY;
        let answer =
            self.0.call_within("order-saga", Method::POST, &path, Some(&asked), limit).await?;
        answer.read_if_found("order-saga")
    }
}

/// `process-payment` and `refund-payment`.
#[derive(Debug, Clone)]
pub struct PaymentFunctions(pub(super) Invocation);

/// The fields of a payment that this caller reads.
#[derive(Deserialize)]
struct Paid {
    payment_id: PaymentId,
}

/// The fields of a refund that this caller reads.
#[derive(Deserialize)]
struct Refunded {
    refund_id: RefundId,
    status: RefundState,
}

/// The fields of a payment that this caller reads after its refunds were checked.
#[derive(Deserialize)]
struct Reviewed {
    #[serde(default)]
    refunds: Vec<Refunded>,
}

impl PaymentClient for PaymentFunctions {
    async fn charge(&self, charge: &Charge) -> Result<PaymentId> {
        let path = format!("/orders/{}/payment", charge.order_id);
        let (amount, payment_method) = (charge.amount, charge.payment_method.clone());
        let asked = OrderCharge { amount, payment_method };
        let answer = self.0.call("process-payment", Method::PUT, &path, Some(&asked)).await?;
        Ok(answer.read::<Paid>("process-payment")?.payment_id)
    }

    async fn void(&self, order: &OrderId) -> Result<Option<Money>> {
        let path = format!("/orders/{order}/payment");
        let answer = self.0.call("refund-payment", Method::DELETE, &path, NOTHING).await?;
        // An earlier version does not return the refunded amount.
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(answer.read::<Undone>("refund-payment")?.refunded)
    }

    async fn refund(
        &self,
        order: &OrderId,
        refund: &RefundId,
        amount: Money,
    ) -> Result<RefundState> {
        let path = format!("/orders/{order}/payment/refunds/{refund}");
        let asked = PartialRefund { amount };
        let answer = self.0.call("refund-payment", Method::PUT, &path, Some(&asked)).await?;
        Ok(answer.read::<Refunded>("refund-payment")?.status)
    }

    async fn review(&self, order: &OrderId) -> Result<Vec<(RefundId, RefundState)>> {
        let path = format!("/orders/{order}/payment/review");
        let answer = self.0.call("refund-payment", Method::POST, &path, NOTHING).await?;
        let refunds = answer.read::<Reviewed>("refund-payment")?.refunds.into_iter();
        Ok(refunds.map(|refund| (refund.refund_id, refund.status)).collect())
    }

    async fn sweep(&self) -> Result<()> {
        const PATH: &str = "/payments/sweep";
        let answer = self.0.call("process-payment", Method::POST, PATH, NOTHING).await?;
        answer.check("process-payment")
    }
}

/// `ship-order`.
#[derive(Debug, Clone)]
pub struct ShipOrder(pub(super) Invocation);

impl Shipping for ShipOrder {
    async fn book(&self, order: &OrderId, ship_to: &Address) -> Result<TrackingId> {
        let path = format!("/shipments/{order}");
        let answer = self.0.call("ship-order", Method::PUT, &path, Some(ship_to)).await?;
        Ok(answer.read::<Booked>("ship-order")?.tracking_id)
    }

    async fn cancel(&self, order: &OrderId) -> Result<()> {
        let path = format!("/shipments/{order}");
        self.0.call("ship-order", Method::DELETE, &path, NOTHING).await?.check("ship-order")
    }
}
