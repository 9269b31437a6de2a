//! A trace, in full and in brief.

use crate::trace::duration;
use crate::trace::span::{Span, timestamp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A trace in full: the response to `GET /api/traces/{trace_id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// In the order in which they started.
    pub spans: Vec<Span>,
}

/// A trace in brief: an element of the response to `GET /api/traces`.
///
/// Its root is the first span without a parent, or the first span while there is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// The name of the root.
    pub root: String,
    /// The service of the root.
    pub service: String,
    /// Every service that took part, by name.
    pub services: Vec<String>,
    /// The first attribute `order.id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// When the first span began.
    pub started_at: Timestamp,
    /// From the first start to the last end, to the microsecond.
    pub duration_ms: f64,
    /// How many spans were received so far.
    pub spans: usize,
    /// How many of them ended with an error.
    pub errors: usize,
}

/// A trace as it is stored.
#[derive(Debug)]
pub(crate) struct StoredTrace {
    pub(crate) id: String,
    spans: BTreeMap<String, Span>,
}

impl StoredTrace {
    pub(crate) fn new(id: String) -> Self {
        Self { id, spans: BTreeMap::new() }
    }

    /// Adds a span, and returns the one that it replaces, as when an exporter sends it again.
    pub(crate) fn add(&mut self, span: Span) -> Option<Span> {
        self.spans.insert(span.span_id.clone(), span)
    }

    pub(crate) fn spans(&self) -> impl ExactSizeIterator<Item = &Span> {
        self.spans.values()
    }

    /// In the order in which they started, parents first.
    pub(crate) fn spans_by_start(&self) -> Vec<&Span> {
        let mut spans: Vec<_> = self.spans().collect();
        spans.sort_by_key(|span| (span.start, span.parent_span_id.is_some()));
        spans
    }

    pub(crate) fn is_of_order(&self, order: &str) -> bool {
        self.spans().any(|span| span.order_id().as_deref() == Some(order))
    }

    /// In nanoseconds since 1970.
    pub(crate) fn start(&self) -> u64 {
        self.spans().map(|span| span.start).min().unwrap_or_default()
    }

    /// From the first start to the last end, in nanoseconds.
    pub(crate) fn duration(&self) -> u64 {
        let end = self.spans().map(|span| span.end).max().unwrap_or_default();
        end - self.start()
    }

    pub(crate) fn summary(&self) -> TraceSummary {
        let spans = self.spans_by_start();
        let root = spans.iter().find(|span| span.parent_span_id.is_none()).or(spans.first());
        let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
        TraceSummary {
            trace_id: self.id.clone(),
            root: root.map(|span| span.name.clone()).unwrap_or_default(),
            service: root.map(|span| span.service.clone()).unwrap_or_default(),
            services: services.into_iter().map(str::to_owned).collect(),
            order_id: spans.iter().find_map(|span| span.order_id()),
            started_at: timestamp(self.start()),
            duration_ms: duration::milliseconds(self.duration()),
            spans: spans.len(),
            errors: spans.iter().filter(|span| span.is_error()).count(),
        }
    }
}
