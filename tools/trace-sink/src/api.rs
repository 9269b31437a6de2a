//! The JSON paths: the traces, the metrics, and the faults.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use stand_in::ApiError;

use crate::faults::FaultPlan;
use crate::metrics::Measurement;
use crate::sink::Sink;
use crate::span::Span;
use crate::trace::{KeptTrace, Trace, TraceSummary};

/// Which traces are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) order_id: Option<String>,
}

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/api/traces", get(list_traces).delete(empty))
        .route("/api/traces/{trace_id}", get(read_trace))
        .route("/api/metrics", get(list_metrics))
        .route("/control/faults", put(set_fault).delete(clear_fault))
        .with_state(sink.clone())
}

async fn list_traces(
    State(sink): State<Sink>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Vec<TraceSummary>>, ApiError> {
    let Query(Filter { order_id }) = filter?;
    let state = sink.state();
    let traces = state.traces.newest(order_id.as_deref());
    Ok(Json(traces.into_iter().map(KeptTrace::summary).collect()))
}

async fn read_trace(
    State(sink): State<Sink>,
    Path(trace_id): Path<String>,
) -> Result<Json<Trace>, ApiError> {
    let spans = trace_id.parse().ok().and_then(|id| sink.spans(id));
    let spans = spans.ok_or_else(|| ApiError::no_such("trace", &trace_id))?;
    let spans = spans.iter().map(Arc::as_ref).map(Span::from).collect();
    Ok(Json(Trace { trace_id: trace_id.to_ascii_lowercase(), spans }))
}

async fn empty(State(sink): State<Sink>) -> StatusCode {
    sink.state().traces.empty();
    StatusCode::NO_CONTENT
}

async fn list_metrics(State(sink): State<Sink>) -> Response {
    let state = sink.state();
    Json(state.metrics.measurements().collect::<Vec<&Measurement>>()).into_response()
}

async fn set_fault(
    State(sink): State<Sink>,
    plan: Result<Json<FaultPlan>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(FaultPlan { fault }) = plan?;
    sink.faults().set(Some(fault));
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the fault in force; what hangs is kept and answered now.
async fn clear_fault(State(sink): State<Sink>) -> StatusCode {
    sink.faults().set(None);
    StatusCode::NO_CONTENT
}
