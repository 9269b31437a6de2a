//! The routes by which other functions start sagas and find them.

use super::{Internal, Json, Path, Problem, Result};
use crate::domain::OrderId;
use crate::domain::placing::PlacedOrder;
use crate::ports::Sagas;
use axum::Router;
use axum::extract::State;
use axum::routing::put;

/// `PUT /sagas/{order_id}` starts the saga of an order, and `GET` answers with the order that it was
/// started with.
pub fn routes<S: Sagas>(sagas: S) -> Router {
    Router::new().route("/sagas/{order_id}", put(start::<S>).get(find::<S>)).with_state(sagas)
}

async fn start<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
    Internal(order): Internal<PlacedOrder>,
) -> Result<Json<PlacedOrder>> {
    let other = || Problem::invalid("order_id", "must be the id in the path");
    (order.order_id == id).then_some(()).ok_or_else(other)?;
    Ok(Json(sagas.start(&order).await?))
}

async fn find<S: Sagas>(
    State(sagas): State<S>,
    Path(id): Path<OrderId>,
) -> Result<Json<PlacedOrder>> {
    Ok(Json(sagas.find(&id).await?.ok_or_else(|| Problem::unknown_order(&id))?))
}
