//! A trace: as it is kept, and as it is shown.

use crate::trace::duration;
use crate::trace::id::{SpanId, TraceId};
use crate::trace::span::{KeptSpan, Span, timestamp};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One trace in full: the answer to `GET /api/traces/{trace_id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// Its spans, in the order in which they started.
    pub spans: Vec<Span>,
}

/// One trace in brief: an element of the answer to `GET /api/traces`.
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
    /// How many spans have come so far.
    pub spans: usize,
    /// How many of them ended with an error.
    pub errors: usize,
}

/// A trace as it is kept.
#[derive(Debug)]
pub(crate) struct KeptTrace {
    pub(crate) id: TraceId,
    spans: BTreeMap<SpanId, Arc<KeptSpan>>,
}

impl KeptTrace {
    pub(crate) fn new(id: TraceId) -> Self {
        Self { id, spans: BTreeMap::new() }
    }

    /// Keeps a span, and returns the one kept under its id before, as when an exporter sends it again.
    pub(crate) fn keep(&mut self, span: KeptSpan) -> Option<Arc<KeptSpan>> {
        self.spans.insert(span.id, Arc::new(span))
    }

    pub(crate) fn spans(&self) -> impl ExactSizeIterator<Item = &Arc<KeptSpan>> {
        self.spans.values()
    }

    pub(crate) fn spans_by_start(&self) -> impl Iterator<Item = &Arc<KeptSpan>> {
        let mut spans: Vec<_> = self.spans.values().collect();
        spans.sort_by_key(|span| (span.start, span.parent.is_some(), span.id));
        spans.into_iter()
    }

    pub(crate) fn is_of_order(&self, order: &str) -> bool {
        self.spans.values().any(|span| span.order_id.as_deref() == Some(order))
    }

    pub(crate) fn start(&self) -> u64 {
        self.spans.values().map(|span| span.start).min().unwrap_or_default()
    }

    pub(crate) fn duration(&self) -> u64 {
        let end = self.spans.values().map(|span| span.end).max().unwrap_or_default();
        end - self.start()
    }

    pub(crate) fn summary(&self) -> TraceSummary {
        let spans = || self.spans.values();
        let root = spans().min_by_key(|span| (span.parent.is_some(), span.start, span.id));
        let with_order = spans().filter(|span| span.order_id.is_some());
        let services: BTreeSet<&str> = spans().map(|span| span.service.as_ref()).collect();
        TraceSummary {
            trace_id: self.id.to_string(),
            root: root.map(|span| span.name.clone()).unwrap_or_default(),
            service: root.map(|span| span.service.to_string()).unwrap_or_default(),
            services: services.into_iter().map(str::to_owned).collect(),
            order_id: with_order
                .min_by_key(|span| (span.start, span.id))
                .and_then(|span| span.order_id.clone()),
            started_at: timestamp(self.start()),
            duration_ms: duration::milliseconds(self.duration()),
            spans: spans().len(),
            errors: spans().filter(|span| span.is_error()).count(),
        }
    }
}
