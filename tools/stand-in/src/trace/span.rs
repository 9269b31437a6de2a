//! Spans, as the API shows them.

use crate::trace::attributes::{self, Attributes};
use crate::trace::duration;
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::span::{Event as WireEvent, SpanKind as WireKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as WireSpan, Status};
use prost::Message as _;
use serde::{Deserialize, Serialize};

/// The attribute by which traces are found.
const ORDER_ID: &str = "order.id";

/// The attribute that names a step of an order's saga.
const STEP: &str = "saga.step";

/// A span: an element of the response to `GET /api/traces/{trace_id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits, though the sink may not have that span; null for the root.
    pub parent_span_id: Option<String>,
    /// The operation, such as `GET /orders/{id}`.
    pub name: String,
    /// Which side of a call the span is.
    pub kind: SpanKind,
    /// The `service.name` of the sender.
    pub service: String,
    /// When the span began.
    pub started_at: Timestamp,
    /// How long it lasted, to the microsecond; 0 when it ends before it starts.
    pub duration_ms: f64,
    /// Its outcome.
    pub status: SpanStatus,
    /// The reason for its outcome; empty if the sender gave none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// Names and values, sorted by name.
    pub attributes: Attributes,
    /// What happened meanwhile, in the order of sending.
    pub events: Vec<Event>,
    /// Nanoseconds since 1970.
    #[serde(skip)]
    pub(crate) start: u64,
    /// Nanoseconds since 1970, never before the start.
    #[serde(skip)]
    pub(crate) end: u64,
    /// The encoded size.
    #[serde(skip)]
    pub(crate) bytes: usize,
}

/// Something that happened during a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened, such as `exception`.
    pub name: String,
    /// When it happened.
    pub at: Timestamp,
    /// Names and values, sorted by name.
    pub attributes: Attributes,
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "OpenTelemetry defines them")]
pub enum SpanKind {
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "OpenTelemetry defines them")]
pub enum SpanStatus {
    Unset,
    Ok,
    Error,
}

impl Span {
    /// The span and the id of its trace; None if either id is not valid. A parent's invalid id counts
    /// as none.
    pub(crate) fn read(service: &str, span: WireSpan) -> Option<(String, Self)> {
        let bytes = span.encoded_len();
        let (start, end) = (span.start_time_unix_nano, span.end_time_unix_nano);
        let end = end.max(start);
        let status = span.status.unwrap_or_default();
        let read = Self {
            span_id: id(&span.span_id, 8)?,
            parent_span_id: id(&span.parent_span_id, 8),
            name: span.name,
            kind: SpanKind::read(span.kind),
            service: service.to_owned(),
            started_at: timestamp(start),
            duration_ms: duration::milliseconds(end - start),
            status: SpanStatus::read(&status),
            status_message: status.message,
            attributes: attributes::read(span.attributes),
            events: span.events.into_iter().map(Event::read).collect(),
            start,
            end,
            bytes,
        };
        Some((id(&span.trace_id, 16)?, read))
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status == SpanStatus::Error
    }

    /// In nanoseconds.
    pub(crate) fn duration(&self) -> u64 {
        self.end - self.start
    }

    pub(crate) fn order_id(&self) -> Option<String> {
        self.attributes.get(ORDER_ID).map(attributes::text)
    }

    pub(crate) fn is_try_of(&self, step: &str, order: &str) -> bool {
        let named = self.attributes.get(STEP).map(attributes::text);
        named.as_deref() == Some(step) && self.order_id().as_deref() == Some(order)
    }
}

/// An id of `length` bytes in hexadecimal; None if it has another length or is zero.
fn id(bytes: &[u8], length: usize) -> Option<String> {
    let is_valid = bytes.len() == length && bytes.iter().any(|byte| *byte != 0);
    is_valid.then(|| attributes::hexadecimal(bytes))
}

impl Event {
    fn read(event: WireEvent) -> Self {
        Self {
            name: event.name,
            at: timestamp(event.time_unix_nano),
            attributes: attributes::read(event.attributes),
        }
    }
}

impl SpanKind {
    fn read(kind: i32) -> Self {
        match WireKind::try_from(kind) {
            Ok(WireKind::Internal) => Self::Internal,
            Ok(WireKind::Server) => Self::Server,
            Ok(WireKind::Client) => Self::Client,
            Ok(WireKind::Producer) => Self::Producer,
            Ok(WireKind::Consumer) => Self::Consumer,
            Ok(WireKind::Unspecified) | Err(_) => Self::Unspecified,
        }
    }
}

impl SpanStatus {
    fn read(status: &Status) -> Self {
        match StatusCode::try_from(status.code) {
            Ok(StatusCode::Ok) => Self::Ok,
            Ok(StatusCode::Error) => Self::Error,
            Ok(StatusCode::Unset) | Err(_) => Self::Unset,
        }
    }
}

/// The moment that many nanoseconds after 1970; the latest on the wire is well within jiff's range.
pub(crate) fn timestamp(nanoseconds: u64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or(Timestamp::MAX)
}
