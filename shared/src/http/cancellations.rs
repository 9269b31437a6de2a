//! The route of the public API that cancels orders.

use super::views::OrderView;
use super::{CalledBy, Json, Kind, Path, Problem, Result};
use crate::domain::OrderId;
use crate::domain::order::{CancelRejection, NewCancellation, Status};
use crate::ports::Cancellations;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;

/// `POST /api/orders/{order_id}/cancel`: 202 with the order if it will be cancelled, 200 if it is cancelled.
pub fn routes<C: Cancellations>(cancellations: C) -> Router {
    let cancel = post(cancel::<C>);
    Router::new().route("/api/orders/{order_id}/cancel", cancel).with_state(cancellations)
}

async fn cancel<C: Cancellations>(
    State(cancellations): State<C>,
    Path(id): Path<OrderId>,
    caller: CalledBy,
    ask: Option<Json<NewCancellation>>,
) -> Result<(StatusCode, Json<OrderView>)> {
    let ask = ask.map(|Json(ask)| ask).unwrap_or_default();
    let order = cancellations.cancel(&id, caller.0.as_ref(), ask).await??;
    let done = order.status == Status::Cancelled;
    let status = if done { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(OrderView::shown_to(&caller, order))))
}

impl From<CancelRejection> for Problem {
    fn from(rejection: CancelRejection) -> Self {
        match rejection {
            CancelRejection::UnknownOrder(id) => Self::unknown_order(&id),
            CancelRejection::Shipped => Self::new(
                Kind::OrderShipped,
                "it has been shipped and can no longer be cancelled; staff may refund it once it is completed",
            ),
        }
    }
}
