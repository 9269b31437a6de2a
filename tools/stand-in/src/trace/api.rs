//! The JSON paths: the traces and the metrics.

use crate::trace::metrics::Measurement;
use crate::trace::record::{StoredTrace, Trace, TraceSummary};
use crate::trace::sink::Sink;
use crate::web::ApiError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;

/// Selects traces.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    order_id: Option<String>,
}

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/api/traces", get(list_traces).delete(clear))
        .route("/api/traces/{trace_id}", get(read_trace))
        .route("/api/metrics", get(list_metrics))
        .with_state(sink.clone())
}

async fn list_traces(
    State(sink): State<Sink>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Vec<TraceSummary>>, ApiError> {
    let Query(Filter { order_id }) = filter?;
    let state = sink.state();
    let traces = state.traces.newest(order_id.as_deref());
    Ok(Json(traces.into_iter().map(StoredTrace::summary).collect()))
}

async fn read_trace(
    State(sink): State<Sink>,
    Path(trace_id): Path<String>,
) -> Result<Json<Trace>, ApiError> {
    let trace_id = trace_id.to_ascii_lowercase();
    let state = sink.state();
    let trace = state.traces.trace(&trace_id);
    let trace = trace.ok_or_else(|| ApiError::no_such("trace", &trace_id))?;
    let spans = trace.spans_by_start().into_iter().cloned().collect();
    Ok(Json(Trace { trace_id, spans }))
}

async fn clear(State(sink): State<Sink>) -> StatusCode {
    sink.state().traces.clear();
    StatusCode::NO_CONTENT
}

async fn list_metrics(State(sink): State<Sink>) -> Response {
    let state = sink.state();
    Json(state.metrics.measurements().collect::<Vec<&Measurement>>()).into_response()
}
