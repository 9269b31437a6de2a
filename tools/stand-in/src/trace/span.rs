//! A span: as it is kept, and as it is shown.

use crate::trace::attributes::{self, Attributes};
use crate::trace::duration;
use crate::trace::id::{SpanId, TraceId};
use jiff::Timestamp;
use opentelemetry_proto::tonic::trace::v1::span::{Event as WireEvent, SpanKind as WireKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as WireSpan, Status};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The attribute by which traces are found.
const ORDER_ID: &str = "order.id";

/// One span: an element of the answer to `GET /api/traces/{trace_id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// 16 hexadecimal digits.
    pub span_id: String,
    /// 16 hexadecimal digits, though that span may not be there; null for the root.
    pub parent_span_id: Option<String>,
    /// The operation.
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
    /// The reason for its outcome.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub status_message: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// What happened meanwhile, in the order of sending.
    pub events: Vec<Event>,
}

/// Something that happened during a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What happened.
    pub name: String,
    /// When it happened.
    pub at: Timestamp,
    /// Its attributes.
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

/// A span as it is kept.
#[derive(Debug)]
pub(crate) struct KeptSpan {
    pub(crate) trace: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) service: Arc<str>,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    /// Nanoseconds since 1970, never before the start.
    pub(crate) end: u64,
    pub(crate) status: SpanStatus,
    pub(crate) status_message: String,
    pub(crate) attributes: Attributes,
    pub(crate) events: Vec<Event>,
    pub(crate) order_id: Option<String>,
    /// What the span took on the wire.
    pub(crate) bytes: usize,
}

impl KeptSpan {
    /// None if its own trace or span id is not valid; a parent's invalid id counts as none.
    pub(crate) fn read(service: Arc<str>, span: WireSpan) -> Option<Self> {
        let bytes = span.encoded_len();
        let attributes = attributes::read(span.attributes);
        let status = span.status.unwrap_or_default();
        Some(Self {
            trace: TraceId::read(&span.trace_id)?,
            id: SpanId::read(&span.span_id)?,
            parent: SpanId::read(&span.parent_span_id),
            name: span.name,
            kind: SpanKind::read(span.kind),
            service,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano.max(span.start_time_unix_nano),
            status: SpanStatus::read(&status),
            status_message: status.message,
            order_id: attributes.get(ORDER_ID).map(attributes::text),
            attributes,
            events: span.events.into_iter().map(Event::read).collect(),
            bytes,
        })
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status == SpanStatus::Error
    }

    pub(crate) fn duration(&self) -> u64 {
        self.end - self.start
    }
}

impl From<&KeptSpan> for Span {
    fn from(span: &KeptSpan) -> Self {
        Self {
            span_id: span.id.to_string(),
            parent_span_id: span.parent.map(|parent| parent.to_string()),
            name: span.name.clone(),
            kind: span.kind,
            service: span.service.to_string(),
            started_at: timestamp(span.start),
            duration_ms: duration::milliseconds(span.duration()),
            status: span.status,
            status_message: span.status_message.clone(),
            attributes: span.attributes.clone(),
            events: span.events.clone(),
        }
    }
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

    /// As the API writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
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

    /// As the API writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// The moment that many nanoseconds after 1970; the latest on the wire is well within jiff's range.
pub(crate) fn timestamp(nanoseconds: u64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or(Timestamp::MAX)
}
