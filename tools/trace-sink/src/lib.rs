//! Takes in OpenTelemetry traces and metrics, keeps them in memory and shows them.
//!
//! [`otlp_http`] and [`otlp_grpc`] fill a [`Sink`] with what exporters send: protobuf, not
//! compressed, at most [`MAX_REQUEST_BYTES`] a request. Logs are accepted over HTTP and dropped.
//! [`app`] shows the rest as a [`Router`]:
//!
//! - `GET /`, `GET /traces/{trace_id}`: pages for people.
//! - `GET /api/traces`: a [`TraceSummary`] of each trace, the one that started last first; with
//!   `?order_id=ID` those with a span whose attribute `order.id` is that.
//!   `GET /api/traces/{trace_id}`: one [`Trace`]. `DELETE /api/traces`: forgets all.
//! - `GET /api/metrics`: the last [`Measurement`] of each series, by service and name.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: exporters hang or fail.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error is JSON `{"error": "…"}`. Nothing asks who calls; the binary listens on the loopback
//! address only.

mod api;
mod attributes;
mod duration;
mod faults;
mod grpc;
mod id;
mod metrics;
mod otlp;
mod pages;
mod points;
mod sink;
mod span;
mod trace;
mod traces;
mod waterfall;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use stand_in::{ApiError, bounded};

pub use attributes::Attributes;
pub use faults::{FaultKind, FaultPlan};
pub use grpc::otlp_grpc;
pub use metrics::{MAX_SERIES, Measurement, MetricKind, Reading};
pub use otlp::{MAX_REQUEST_BYTES, otlp_http};
pub use sink::Sink;
pub use span::{Event, Span, SpanKind, SpanStatus};
pub use trace::{Trace, TraceSummary};
pub use traces::{MAX_KEPT_BYTES, MAX_SPANS, MAX_TRACES};

/// The largest body read by the API, in bytes; a larger one is refused with 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The pages, the API and the control paths of `sink`.
pub fn app(sink: &Sink) -> Router {
    let app = Router::new()
        .merge(api::routes(sink))
        .merge(pages::routes(sink))
        .route("/healthz", get(StatusCode::OK));
    bounded(app, MAX_BODY_BYTES, ApiError::unrecognized)
}
