//! The control paths: faults to come, and the ledger.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};

use crate::error::ApiError;
use crate::faults::{FaultPlan, Faults};
use crate::ledger::Ledger;
use crate::simulator::Simulator;

pub(crate) fn routes(simulator: &Simulator) -> Router {
    Router::new()
        .route("/control/faults", put(set_faults).delete(clear_faults))
        .route("/control/ledger", get(read_ledger))
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
