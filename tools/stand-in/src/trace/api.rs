//! The JSON paths: the traces and the metrics.

use crate::trace::metrics::Measurement;
use crate::trace::record::{KeptTrace, Trace, TraceSummary};
use crate::trace::sink::Sink;
use crate::trace::span::Span;
use crate::web::ApiError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;

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
