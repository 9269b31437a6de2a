//! The trace sink: takes in OpenTelemetry traces and metrics, keeps them in memory and shows them.
//!
//! Exporters send protobuf over HTTP, not compressed, at most [`MAX_REQUEST_BYTES`] a
//! request. Logs are accepted over HTTP and dropped. For everyone else there are, over HTTP:
//!
//! - `GET /`, `GET /traces/{trace_id}`: pages for people.
//! - `GET /api/traces`: a [`TraceSummary`] of each trace, the one that started last first; with
//!   `?order_id=ID` those with a span whose attribute `order.id` is that.
//!   `GET /api/traces/{trace_id}`: one [`Trace`]. `DELETE /api/traces`: forgets all.
//! - `GET /api/metrics`: the last [`Measurement`] of each series, by service and name.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: exports hang or fail.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error is JSON `{"error": "…"}`. Callers are not authenticated; the program listens on the
//! loopback address only.

mod api;
mod attributes;
mod duration;
mod faults;
mod id;
mod metrics;
mod otlp;
mod pages;
mod points;
mod record;
mod serve;
mod sink;
mod span;
mod traces;
mod waterfall;

pub use attributes::Attributes;
pub use faults::{FaultKind, FaultPlan};
pub use metrics::{MAX_SERIES, Measurement, MetricKind, Reading};
pub use otlp::MAX_REQUEST_BYTES;
pub use record::{Trace, TraceSummary};
pub use serve::{Arguments, MAX_BODY_BYTES, serve};
pub use span::{Event, Span, SpanKind, SpanStatus};
pub use traces::{MAX_KEPT_BYTES, MAX_SPANS, MAX_TRACES};
