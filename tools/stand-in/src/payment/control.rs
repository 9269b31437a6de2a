//! The control paths: the ledger, the clock, settlement, and API keys.

use crate::payment::clock::{Advance, ClockReading, MAX_ADVANCE_SECONDS};
use crate::payment::keyring::{KeyPlan, KeySummary};
use crate::payment::ledger::Ledger;
use crate::payment::settlement::SettlementPlan;
use crate::payment::simulator::Simulator;
use crate::web::ApiError;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{delete, get, post, put};
use axum::{Json, Router};
use std::time::Duration;

pub(crate) fn routes(simulator: &Simulator) -> Router {
    Router::new()
        .route("/control/ledger", get(read_ledger))
        .route("/control/clock", post(advance_clock))
        .route("/control/settlement", put(set_settlement).delete(clear_settlement))
        .route("/control/keys", get(list_keys).put(plan_keys))
        .route("/control/keys/{id}", delete(expire_key))
        .with_state(simulator.clone())
}

async fn read_ledger(State(simulator): State<Simulator>) -> Json<Ledger> {
    Json(simulator.state().ledger())
}

async fn advance_clock(
    State(simulator): State<Simulator>,
    advance: Result<Json<Advance>, JsonRejection>,
) -> Result<Json<ClockReading>, ApiError> {
    let Json(Advance { advance_seconds }) = advance?;
    if advance_seconds > MAX_ADVANCE_SECONDS {
        return Err(unprocessable(format!(
            "advance_seconds must be at most {MAX_ADVANCE_SECONDS}"
        )));
    }
    simulator.state().clock.advance(Duration::from_secs(advance_seconds));
    Ok(Json(ClockReading { now: simulator.state().clock.now() }))
}

async fn set_settlement(
    State(simulator): State<Simulator>,
    plan: Result<Json<SettlementPlan>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(plan) = plan?;
    plan.check().map_err(|error| unprocessable(error.to_string()))?;
    simulator.state().settlement = plan;
    Ok(StatusCode::NO_CONTENT)
}

/// Later payments and refunds settle without delay; those that are settling are not affected.
async fn clear_settlement(State(simulator): State<Simulator>) -> StatusCode {
    simulator.state().settlement = SettlementPlan::default();
    StatusCode::NO_CONTENT
}

async fn list_keys(State(simulator): State<Simulator>) -> Json<Vec<KeySummary>> {
    let state = simulator.state();
    Json(state.keyring.summaries(state.clock.now()))
}

async fn plan_keys(
    State(simulator): State<Simulator>,
    plan: Result<Json<KeyPlan>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(plan) = plan?;
    simulator.state().keyring.plan(plan);
    Ok(StatusCode::NO_CONTENT)
}

async fn expire_key(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let mut state = simulator.state();
    let now = state.clock.now();
    let expired = state.keyring.expire(&id, now);
    expired.map_err(|error| ApiError::new(StatusCode::NOT_FOUND, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn unprocessable(message: String) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}
