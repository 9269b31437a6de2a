//! Orders and payments as the public API shows them.

use super::{CalledBy, Json, Problem};
use crate::domain::money::Money;
use crate::domain::order::{
    Cancellation, HandledLetter, Order, OrderRefund, Resumption, Retry, Status, StepDone,
};
use crate::domain::payment::{Payment, PaymentState, Refund, RefundId, RefundState};
use crate::domain::placing::Items;
use crate::domain::saga::{Outcome, Step};
use crate::domain::text::{Email, Text};
use crate::domain::{CustomerId, OrderId, PaymentId, Refusal, TrackingId};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// An order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Order")]
pub struct OrderView {
    order_id: OrderId,
    customer_id: CustomerId,
    email: Email,
    items: Items,
    /// The amount charged or to be charged; known once everything is reserved.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<Money>,
    status: Status,
    #[serde(flatten)]
    end: End,
    /// The steps that failed and are tried again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retrying: Vec<Retry>,
    /// Who asked for it to be cancelled, when and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation: Option<Cancellation>,
    /// The payment, once it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_id: Option<PaymentId>,
    /// The carrier's id of the shipment, once it is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_id: Option<TrackingId>,
    /// The refunds that staff made, oldest first. Why and by whom is shown to staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<OrderRefundView>,
    /// When and why staff resumed it, oldest first; the latest 20. Shown to staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resumptions: Vec<Resumption>,
    /// The dead letters about it that staff resent or dropped, oldest first; the latest 20. Shown to staff.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    handled_letters: Vec<HandledLetter>,
    /// What staff are to refund, as the provider took it back after the order was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    owed: Option<Money>,
    /// When it was accepted.
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    /// When it last changed.
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

/// The response to `POST /api/orders`: the order and its `Location`, as 201 if it has ended finally, else
/// as 202.
#[derive(Debug)]
pub struct Accepted(pub Order);

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let ended = self.0.status.is_final();
        let status = if ended { StatusCode::CREATED } else { StatusCode::ACCEPTED };
        let location = format!("/api/orders/{}", self.0.placed.order_id);
        let view = Json(OrderView::of(self.0.for_customer()));
        (status, [(header::LOCATION, location)], view).into_response()
    }
}

/// The progress of an order.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderStatus")]
pub struct StatusView {
    order_id: OrderId,
    status: Status,
    /// The steps that ended, oldest first.
    steps: Vec<StepDone>,
    #[serde(flatten)]
    end: End,
}

/// Why an order did not complete, and what remains to be done.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct End {
    /// Why it did not complete, as a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Problem>")]
    reason: Option<Value>,
    /// The steps that are left to be done, once it is stuck.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<Step>,
}

impl From<&Option<Outcome>> for End {
    fn from(outcome: &Option<Outcome>) -> Self {
        match outcome {
            None | Some(Outcome::Fulfilled) => Self::default(),
            Some(Outcome::Cancelled { cause }) => {
                Self { reason: Some(Problem::reason(cause).document()), left: vec![] }
            }
            Some(Outcome::Stuck { cause, left }) => {
                Self { reason: Some(Problem::reason(cause).document()), left: left.clone() }
            }
        }
    }
}

impl OrderView {
    /// The order as `caller` may see it: who of staff acted on it and why is shown to staff alone.
    #[must_use]
    pub fn shown_to(caller: &CalledBy, order: Order) -> Self {
        Self::of(if caller.is_staff() { order } else { order.for_customer() })
    }

    fn of(order: Order) -> Self {
        let owed = order.owed();
        let placed = order.placed;
        Self {
            order_id: placed.order_id,
            customer_id: placed.order.customer_id,
            email: placed.order.email,
            items: placed.order.items,
            total: order.total,
            status: order.status,
            end: End::from(&order.outcome),
            retrying: order.retrying,
            cancellation: order.cancellation,
            payment_id: order.payment_id,
            tracking_id: order.tracking_id,
            refunds: order.refunds.into_iter().map(OrderRefundView::from).collect(),
            resumptions: order.resumptions,
            handled_letters: order.handled_letters,
            owed,
            created_at: placed.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<Order> for StatusView {
    fn from(order: Order) -> Self {
        let end = End::from(&order.outcome);
        Self { order_id: order.placed.order_id, status: order.status, steps: order.steps, end }
    }
}

/// A refund of an order by staff.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OrderRefund")]
pub struct OrderRefundView {
    refund_id: RefundId,
    amount: Money,
    status: RefundState,
    /// Who requested it first, by the subject of the token; nobody where no tokens are checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text<200>>,
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

impl From<OrderRefund> for OrderRefundView {
    fn from(refund: OrderRefund) -> Self {
        let OrderRefund { refund_id, amount, by, reason, state, created_at, updated_at, .. } =
            refund;
        Self { refund_id, amount, status: state, by, reason, created_at, updated_at }
    }
}

/// A payment, with its refunds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Payment")]
pub struct PaymentView {
    payment_id: PaymentId,
    /// The order that it pays, or the caller's reference.
    order_id: OrderId,
    /// What was requested; absent when it was cancelled first.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[schemars(extend("enum" = PaymentState::NAMES))]
    status: &'static str,
    /// Its intent, as the payment provider knows it, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// What was asked to be refunded, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refunds: Vec<RefundView>,
}

/// A refund, as shown with its payment.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Refund")]
pub struct RefundView {
    refund_id: RefundId,
    amount: Money,
    status: RefundState,
}

impl From<Refund> for RefundView {
    fn from(refund: Refund) -> Self {
        Self { refund_id: refund.refund_id, amount: refund.amount, status: refund.state }
    }
}

impl RefundView {
    /// The refund `id` of the payment of `order`, if the payment was found.
    ///
    /// # Errors
    /// `unknown-payment`; `nothing-to-refund`, when no refund has that id.
    pub fn found(
        payment: Option<Payment>,
        order: &OrderId,
        id: &RefundId,
    ) -> Result<Self, Problem> {
        let unknown = || Problem::unknown_payment(&PaymentId::of(order));
        let payment = payment.ok_or_else(unknown)?;
        let refund = payment.refund(id).cloned().ok_or(Refusal::NothingToRefund)?;
        Ok(refund.into())
    }
}

impl PaymentView {
    /// The payment `id`, if it was found.
    ///
    /// # Errors
    /// `unknown-payment`.
    pub fn found(id: &PaymentId, payment: Option<Payment>) -> Result<Self, Problem> {
        payment.map(Self::from).ok_or_else(|| Problem::unknown_payment(id))
    }

    /// The response to the request that made the payment: its `Location` and the payment.
    #[must_use]
    pub fn created(self) -> impl IntoResponse {
        let location = format!("/api/payments/{}", self.payment_id);
        (StatusCode::CREATED, [(header::LOCATION, location)], Json(self))
    }
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        let status = payment.state.name();
        let provider_id = payment.intent().map(str::to_owned);
        let amount = payment.charge.map(|charge| charge.amount);
        let refunds = payment.refunds.into_iter().map(RefundView::from).collect();
        let (payment_id, order_id) = (payment.payment_id, payment.order_id);
        Self { payment_id, order_id, amount, status, provider_id, refunds }
    }
}

#[cfg(test)]
mod tests;
