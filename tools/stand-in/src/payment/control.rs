//! The control paths: the ledger and the API keys.

use crate::payment::keyring::{KeyPlan, KeySummary};
use crate::payment::ledger::Ledger;
use crate::payment::simulator::Simulator;
use crate::web::ApiError;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get};
use axum::{Json, Router};

pub(crate) fn routes(simulator: &Simulator) -> Router {
    Router::new()
        .route("/control/ledger", get(read_ledger))
        .route("/control/keys", get(list_keys).put(plan_keys))
        .route("/control/keys/{id}", delete(end_key))
        .with_state(simulator.clone())
}

async fn read_ledger(State(simulator): State<Simulator>) -> Json<Ledger> {
    Json(simulator.state().ledger())
}

async fn list_keys(State(simulator): State<Simulator>) -> Json<Vec<KeySummary>> {
    Json(simulator.state().keyring.summaries())
}

async fn plan_keys(
    State(simulator): State<Simulator>,
    plan: Result<Json<KeyPlan>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(plan) = plan?;
    simulator.state().keyring.plan(plan);
    Ok(StatusCode::NO_CONTENT)
}

async fn end_key(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let ended = simulator.state().keyring.end(&id);
    ended.map_err(|error| ApiError::new(StatusCode::NOT_FOUND, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}
