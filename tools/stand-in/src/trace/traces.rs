//! The stored traces: the newest, as many as the bounds allow.

use crate::trace::record::StoredTrace;
use crate::trace::span::Span;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many traces are stored; one more replaces the one that came first.
pub const MAX_TRACES: usize = 10_000;

/// How many spans are stored; further ones replace the traces that came first, whole.
pub const MAX_SPANS: usize = 200_000;

/// How many encoded bytes the stored spans add up to at most; further ones replace the traces that
/// came first.
pub const MAX_STORED_BYTES: usize = 256 * 1024 * 1024;

/// The traces, in the order in which their first spans came.
#[derive(Default)]
pub(crate) struct Traces {
    stored: BTreeMap<u64, StoredTrace>,
    numbers: HashMap<String, u64>,
    last_number: u64,
    spans: usize,
    bytes: usize,
}

impl Traces {
    pub(crate) fn store(&mut self, trace_id: String, span: Span) {
        let number = *self.numbers.entry(trace_id.clone()).or_insert_with(|| {
            self.last_number += 1;
            self.last_number
        });
        self.spans += 1;
        self.bytes += span.bytes;
        let trace = self.stored.entry(number).or_insert_with(|| StoredTrace::new(trace_id));
        if let Some(replaced) = trace.add(span) {
            self.spans -= 1;
            self.bytes -= replaced.bytes;
        }
        self.evict();
    }

    pub(crate) fn trace(&self, id: &str) -> Option<&StoredTrace> {
        self.stored.get(self.numbers.get(id)?)
    }

    /// The traces with a span of `order`, or all, in reverse order of their starts.
    pub(crate) fn newest(&self, order: Option<&str>) -> Vec<&StoredTrace> {
        let matches = |trace: &&StoredTrace| order.is_none_or(|order| trace.is_of_order(order));
        let mut traces: Vec<_> = self.stored.values().rev().filter(matches).collect();
        traces.sort_by_cached_key(|trace| Reverse(trace.start()));
        traces
    }

    pub(crate) fn clear(&mut self) {
        self.stored.clear();
        self.numbers.clear();
        (self.spans, self.bytes) = (0, 0);
    }

    /// Removes the traces that came first until the others are within the bounds.
    fn evict(&mut self) {
        while self.stored.len() > MAX_TRACES
            || self.spans > MAX_SPANS
            || self.bytes > MAX_STORED_BYTES
        {
            let Some((_, oldest)) = self.stored.pop_first() else { return };
            self.numbers.remove(&oldest.id);
            self.spans -= oldest.spans().len();
            self.bytes -= oldest.spans().map(|span| span.bytes).sum::<usize>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::Span as WireSpan;

    fn store(traces: &mut Traces, trace: u128, span: u64, bytes: usize) {
        let wire = WireSpan {
            trace_id: trace.to_be_bytes().to_vec(),
            span_id: span.to_be_bytes().to_vec(),
            start_time_unix_nano: span,
            ..WireSpan::default()
        };
        let (trace_id, span) = Span::read("x", wire).unwrap();
        traces.store(trace_id, Span { bytes, ..span });
    }

    fn spans<const N: usize>(traces: &Traces, ids: [u128; N]) -> [usize; N] {
        ids.map(|id| traces.trace(&format!("{id:032x}")).map_or(0, |trace| trace.spans().len()))
    }

    #[test]
    fn the_oldest_trace_is_evicted_when_there_are_too_many() {
        let mut traces = Traces::default();
        for trace in 1..=MAX_TRACES as u128 {
            store(&mut traces, trace, 1, 1);
        }
        store(&mut traces, 1, 2, 1);
        assert_eq!(spans(&traces, [1]), [2]);
        store(&mut traces, u128::MAX, 1, 1);
        assert_eq!(spans(&traces, [1, 2, u128::MAX]), [0, 1, 1]);
        assert_eq!((traces.stored.len(), traces.numbers.len()), (MAX_TRACES, MAX_TRACES));
    }

    #[test]
    fn the_oldest_trace_is_evicted_whole_when_there_are_too_many_spans() {
        let mut traces = Traces::default();
        let half = MAX_SPANS as u64 / 2;
        for (trace, count) in [(1, half), (2, half), (3, 1)] {
            (1..=count).for_each(|span| store(&mut traces, trace, span, 1));
        }
        assert_eq!(spans(&traces, [1, 2, 3]), [0, MAX_SPANS / 2, 1]);
        assert_eq!((traces.spans, traces.bytes), (MAX_SPANS / 2 + 1, MAX_SPANS / 2 + 1));
    }

    #[test]
    fn the_oldest_traces_are_evicted_when_they_are_too_large() {
        let mut traces = Traces::default();
        for (trace, bytes) in [(1, MAX_STORED_BYTES / 2), (2, MAX_STORED_BYTES / 2), (3, 1)] {
            store(&mut traces, trace, 1, bytes);
        }
        assert_eq!(spans(&traces, [1, 2, 3]), [0, 1, 1]);
        store(&mut traces, 4, 1, MAX_STORED_BYTES + 1);
        assert!(traces.stored.is_empty() && traces.numbers.is_empty());
        assert_eq!((traces.spans, traces.bytes), (0, 0));
    }

    #[test]
    fn a_span_that_is_sent_again_counts_once() {
        let mut traces = Traces::default();
        for bytes in [5, 7] {
            store(&mut traces, 1, 1, bytes);
        }
        assert_eq!((spans(&traces, [1]), traces.spans, traces.bytes), ([1], 1, 7));
    }
}
