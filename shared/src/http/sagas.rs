//! The routes by which other functions start sagas and find them.

use super::{Internal, Json, Path, Problem, Result};
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::domain::placing::PlacedOrder;
use crate::ports::{LONGEST_WAIT, Progress, Sagas, Until};
use axum::Router;
use axum::extract::State;
use axum::routing::{post, put};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The body of `POST /sagas/{order_id}/progress`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ProgressWait {
    until: Until,
    /// How long to wait.
    millis: u64,
}

impl ProgressWait {
    /// A wait `until` an order meets a condition, for at most `wait`.
    #[must_use]
    pub fn new(until: Until, wait: Duration) -> Self {
        Self { until, millis: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// `PUT /sagas/{order_id}` starts the saga of an order, and `GET` returns the order that it
/// was started with. `POST /sagas/{order_id}/progress` waits for its progress, and returns the
/// order.
pub fn routes<S: Sagas, P: Progress>(sagas: S, progress: P) -> Router {
    let waits = Router::new().route("/sagas/{order_id}/progress", post(wait::<P>));
    let sagas =
        Router::new().route("/sagas/{order_id}", put(start::<S>).get(find::<S>)).with_state(sagas);
    sagas.merge(waits.with_state(progress))
}

async fn wait<P: Progress>(
    State(progress): State<P>,
    Path(id): Path<OrderId>,
    Internal(ProgressWait { until, millis }): Internal<ProgressWait>,
) -> Result<Json<Order>> {
    let wait = Duration::from_millis(millis).min(LONGEST_WAIT);
    let order = progress.next(&id, until, wait).await?;
    Ok(Json(order.ok_or_else(|| Problem::unknown_order(&id))?))
}

async fn start<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
    Internal(order): Internal<PlacedOrder>,
) -> Result<Json<PlacedOrder>> {
    let other = || Problem::invalid("order_id", "must be the id in the path");
    (order.order_id == id).then_some(()).ok_or_else(other)?;
    let accepted = sagas.start(&order).await?;
    Ok(Json(accepted.ok_or_else(|| Problem::overloaded("orders"))?))
}

async fn find<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
) -> Result<Json<PlacedOrder>> {
    Ok(Json(sagas.find(&id).await?.ok_or_else(|| Problem::unknown_order(&id))?))
}
