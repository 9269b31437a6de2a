//! The routes of the public API by which staff resume and refund orders.

use super::views::OrderRefundView;
use super::{CalledBy, IdempotencyKey, Json, Kind, Path, Problem};
use crate::domain::OrderId;
use crate::domain::order::{NewOrderRefund, NewResumption, RefundRejection, Status};
use crate::ports::{OrderRefunds, Sagas};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;

/// `POST /api/orders/{order_id}/resume` resumes an order that has not ended, and `…/refunds` refunds one
/// that has completed.
pub fn orders<S: Sagas, R: OrderRefunds>(sagas: S, refunds: R) -> Router {
    let resume = Router::new().route("/api/orders/{order_id}/resume", post(resume::<S>));
    let refund = Router::new().route("/api/orders/{order_id}/refunds", post(refund::<R>));
    resume.with_state(sagas).merge(refund.with_state(refunds))
}

async fn resume<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
    CalledBy(caller): CalledBy,
    ask: Option<Json<NewResumption>>,
) -> Result<StatusCode, Problem> {
    let ask = ask.map(|Json(ask)| ask).unwrap_or_default();
    let to_do = sagas
        .resume(&id, caller.as_ref(), &ask)
        .await?
        .ok_or_else(|| Problem::unknown_order(&id))?;
    Ok(if to_do { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT })
}

async fn refund<R: OrderRefunds>(
    State(refunds): State<R>,
    Path(id): Path<OrderId>,
    CalledBy(caller): CalledBy,
    IdempotencyKey(key): IdempotencyKey,
    Json(ask): Json<NewOrderRefund>,
) -> Result<(StatusCode, Json<OrderRefundView>), Problem> {
    let key = key.ok_or_else(IdempotencyKey::is_missing)?;
    let refund = refunds.refund(&id, &key, caller.as_ref(), &ask).await??;
    Ok((StatusCode::CREATED, Json(refund.into())))
}

impl From<RefundRejection> for Problem {
    fn from(rejection: RefundRejection) -> Self {
        match rejection {
            RefundRejection::UnknownOrder(id) => Self::unknown_order(&id),
            RefundRejection::NotEnded(Status::Stuck) => Self::new(
                Kind::OrderNotEnded,
                "it is stuck: resume it by POST /api/orders/{order_id}/resume, and refund it once it has ended",
            ),
            RefundRejection::NotEnded(_) => Self::new(
                Kind::OrderNotEnded,
                "it has not ended: what is charged is refunded if it is cancelled; refund it once it is completed",
            ),
            RefundRejection::KeyReused => Self::key_reused(),
            RefundRejection::NoAmount => {
                Self::invalid("amount", "must be more than 0; leave it out to refund everything")
            }
            RefundRejection::Refused(refusal) => refusal.into(),
        }
    }
}
