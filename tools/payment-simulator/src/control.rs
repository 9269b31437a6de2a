//! The control paths: faults to come, the ledger, and the API keys.

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, put};
use axum::{Json, Router};

use crate::error::ApiError;
use crate::faults::{FaultPlan, Faults};
use crate::keyring::{KeyPlan, KeySummary};
use crate::ledger::Ledger;
use crate::simulator::Simulator;

pub(crate) fn routes(simulator: &Simulator) -> Router {
    Router::new()
        .route("/control/faults", put(set_faults).delete(clear_faults))
        .route("/control/ledger", get(read_ledger))
        .route("/control/keys", get(list_keys).put(plan_keys))
        .route("/control/keys/{id}", delete(end_key))
        .with_state(simulator.clone())
}

async fn set_faults(
    State(simulator): State<Simulator>,
    plan: Result<Json<FaultPlan>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(plan) = plan?;
    simulator.state().faults = Some(Faults::try_from(plan)?);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the plan in force; a call that already stalls waits on.
async fn clear_faults(State(simulator): State<Simulator>) -> StatusCode {
    simulator.state().faults = None;
    StatusCode::NO_CONTENT
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
    simulator.state().keyring.end(&id)?;
    Ok(StatusCode::NO_CONTENT)
}
