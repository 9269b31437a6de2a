//! The trace sink: receives OpenTelemetry traces and metrics, stores them in memory and shows them.
//!
//! Exporters send protobuf over HTTP, not compressed, at most [`MAX_REQUEST_BYTES`] a request. On
//! another port there are:
//!
//! - `GET /`, `GET /traces/{trace_id}`: HTML pages.
//! - `GET /api/traces`: a [`TraceSummary`] of each trace, the one that started last first; with
//!   `?order_id=ID` those with a span whose attribute `order.id` is that.
//!   `GET /api/traces/{trace_id}`: a [`Trace`]. `DELETE /api/traces`: deletes all.
//! - `GET /api/metrics`: the [`Measurement`] of each series, by service and name.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: exports hang or fail.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error is JSON `{"error": "…"}`. Callers are not authenticated; the program listens on the
//! loopback address only.

mod api;
mod attributes;
mod duration;
mod faults;
mod metrics;
mod otlp;
mod pages;
mod record;
mod serve;
mod sink;
mod span;
mod traces;
mod waterfall;

pub use attributes::Attributes;
pub use faults::{FaultKind, FaultPlan};
pub use metrics::{MAX_SERIES, Measurement, Reading};
pub use otlp::MAX_REQUEST_BYTES;
pub use record::{Trace, TraceSummary};
pub use serve::{Arguments, MAX_BODY_BYTES, serve};
pub use span::{Event, Span, SpanKind, SpanStatus};
pub use traces::{MAX_SPANS, MAX_STORED_BYTES, MAX_TRACES};
