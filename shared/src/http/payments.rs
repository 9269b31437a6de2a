//! The internal routes by which sagas and refunds by staff use the payments of orders.

use super::views::{PaymentView, RefundView};
use super::{Internal, Json, Path, Result};
use crate::domain::payment::{Charge, OrderCharge, Owner, PartialRefund, RefundId, Undone};
use crate::domain::{OrderId, PaymentId};
use crate::ports::{Chain, Payments};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, post, put};
use tracing::{Instrument, Span};

/// `PUT /orders/{order_id}/payment` charges an order, and `POST /payments/sweep` settles those of
/// callers that are overdue.
pub fn charges<P: Payments>(payments: P) -> Router {
    Router::new()
        .route("/orders/{order_id}/payment", put(charge::<P>))
        .route("/payments/sweep", post(sweep::<P>))
        .with_state(payments)
}

/// `DELETE /orders/{order_id}/payment` undoes the payment of an order,
/// `PUT …/refunds/{refund_id}` refunds a part of it, and `POST …/review` reviews its
/// refunds.
pub fn refunds<P: Payments>(payments: P) -> Router {
    Router::new()
        .route("/orders/{order_id}/payment", delete(void::<P>))
        .route("/orders/{order_id}/payment/refunds/{refund_id}", put(refund::<P>))
        .route("/orders/{order_id}/payment/review", post(review::<P>))
        .with_state(payments)
}

async fn charge<P: Payments>(
    State(payments): State<P>,
    Path(order_id): Path<OrderId>,
    Internal(OrderCharge { amount, payment_method }): Internal<OrderCharge>,
) -> Result<Json<PaymentView>> {
    let charge = Charge { order_id, amount, payment_method };
    Ok(Json(payments.charge(Owner::Order, &charge).await?.into()))
}

/// Responds immediately: a sweep may outlive the request. The next sweep continues one that was
/// interrupted.
async fn sweep<P: Payments>(State(payments): State<P>) -> StatusCode {
    let sweep = async move {
        if let Err(error) = payments.sweep().await {
            tracing::warn!(error = %Chain(&error), "the sweep for overdue payments failed");
        }
    };
    tokio::spawn(sweep.instrument(Span::current()));
    StatusCode::ACCEPTED
}

async fn void<P: Payments>(
    State(payments): State<P>,
    Path(order): Path<OrderId>,
) -> Result<Json<Undone>> {
    Ok(Json(Undone { refunded: payments.void(&order).await? }))
}

async fn refund<P: Payments>(
    State(payments): State<P>,
    Path((order, id)): Path<(OrderId, RefundId)>,
    Internal(ask): Internal<PartialRefund>,
) -> Result<Json<RefundView>> {
    let paid = payments.refund(Owner::Order, &PaymentId::of(&order), &id, Some(ask.amount)).await?;
    Ok(Json(RefundView::found(paid, &order, &id)?))
}

async fn review<P: Payments>(
    State(payments): State<P>,
    Path(order): Path<OrderId>,
) -> Result<Json<PaymentView>> {
    let id = PaymentId::of(&order);
    PaymentView::found(&id, payments.review(&id).await?).map(Json)
}
