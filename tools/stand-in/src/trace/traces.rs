//! The traces: the newest, as many as the bounds allow.

use crate::trace::id::TraceId;
use crate::trace::record::KeptTrace;
use crate::trace::span::KeptSpan;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

/// How many traces are kept; one more replaces the one that came first.
pub const MAX_TRACES: usize = 10_000;

/// How many spans are kept; further ones replace the traces that came first, whole.
pub const MAX_SPANS: usize = 200_000;

/// How many bytes on the wire the kept spans add up to at most; further ones replace the traces that
/// came first.
pub const MAX_KEPT_BYTES: usize = 256 * 1024 * 1024;

/// The traces, in the order in which their first spans came.
#[derive(Default)]
pub(crate) struct Traces {
    kept: BTreeMap<u64, KeptTrace>,
    numbers: HashMap<TraceId, u64>,
    last_number: u64,
    spans: usize,
    bytes: usize,
}

impl Traces {
    pub(crate) fn keep(&mut self, span: KeptSpan) {
        let trace = span.trace;
        let number = *self.numbers.entry(trace).or_insert_with(|| {
            self.last_number += 1;
            self.last_number
        });
        self.spans += 1;
        self.bytes += span.bytes;
        let kept = self.kept.entry(number).or_insert_with(|| KeptTrace::new(trace));
        if let Some(replaced) = kept.keep(span) {
            self.spans -= 1;
            self.bytes -= replaced.bytes;
        }
        self.forget_oldest();
    }

    pub(crate) fn trace(&self, id: TraceId) -> Option<&KeptTrace> {
        self.kept.get(self.numbers.get(&id)?)
    }

    /// The traces with a span of `order`, or all, in reverse order of their starts.
    pub(crate) fn newest(&self, order: Option<&str>) -> Vec<&KeptTrace> {
        let asked = |trace: &&KeptTrace| order.is_none_or(|order| trace.is_of_order(order));
        let mut traces: Vec<_> = self.kept.values().rev().filter(asked).collect();
        traces.sort_by_cached_key(|trace| Reverse(trace.start()));
        traces
    }

    pub(crate) fn empty(&mut self) {
        self.kept.clear();
        self.numbers.clear();
        (self.spans, self.bytes) = (0, 0);
    }

    fn forget_oldest(&mut self) {
        while self.kept.len() > MAX_TRACES || self.spans > MAX_SPANS || self.bytes > MAX_KEPT_BYTES
        {
            let Some((_, oldest)) = self.kept.pop_first() else { return };
            self.numbers.remove(&oldest.id);
            self.spans -= oldest.spans().len();
            self.bytes -= oldest.spans().map(|span| span.bytes).sum::<usize>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::Span;

    fn keep(traces: &mut Traces, trace: u128, span: u64, bytes: usize) {
        let wire = Span {
            trace_id: trace.to_be_bytes().to_vec(),
            span_id: span.to_be_bytes().to_vec(),
            start_time_unix_nano: span,
            ..Span::default()
        };
        let span = KeptSpan::read("x".into(), wire).unwrap();
        traces.keep(KeptSpan { bytes, ..span });
    }

    fn spans(traces: &Traces, trace: u128) -> usize {
        let id = TraceId::read(&trace.to_be_bytes()).unwrap();
        traces.trace(id).map_or(0, |trace| trace.spans().len())
    }

    #[test]
    fn the_oldest_trace_goes_when_there_are_too_many() {
        let mut traces = Traces::default();
        for trace in 1..=MAX_TRACES as u128 {
            keep(&mut traces, trace, 1, 1);
        }
        keep(&mut traces, 1, 2, 1);
        assert_eq!(spans(&traces, 1), 2);
        keep(&mut traces, u128::MAX, 1, 1);
        assert_eq!((spans(&traces, 1), spans(&traces, 2), spans(&traces, u128::MAX)), (0, 1, 1));
        assert_eq!((traces.kept.len(), traces.numbers.len()), (MAX_TRACES, MAX_TRACES));
    }

    #[test]
    fn the_oldest_trace_goes_whole_when_there_are_too_many_spans() {
        let mut traces = Traces::default();
        let half = MAX_SPANS as u64 / 2;
        for (trace, count) in [(1, half), (2, half), (3, 1)] {
            (1..=count).for_each(|span| keep(&mut traces, trace, span, 1));
        }
        assert_eq!(
            (spans(&traces, 1), spans(&traces, 2), spans(&traces, 3)),
            (0, MAX_SPANS / 2, 1)
        );
        assert_eq!((traces.spans, traces.bytes), (MAX_SPANS / 2 + 1, MAX_SPANS / 2 + 1));
    }

    #[test]
    fn the_oldest_traces_go_when_they_are_too_large() {
        let mut traces = Traces::default();
        for (trace, bytes) in [(1, MAX_KEPT_BYTES / 2), (2, MAX_KEPT_BYTES / 2), (3, 1)] {
            keep(&mut traces, trace, 1, bytes);
        }
        assert_eq!((spans(&traces, 1), spans(&traces, 2), spans(&traces, 3)), (0, 1, 1));
        keep(&mut traces, 4, 1, MAX_KEPT_BYTES + 1);
        assert!(traces.kept.is_empty() && traces.numbers.is_empty());
        assert_eq!((traces.spans, traces.bytes), (0, 0));
    }

    #[test]
    fn a_span_that_comes_again_counts_once() {
        let mut traces = Traces::default();
        for bytes in [5, 7] {
            keep(&mut traces, 1, 1, bytes);
        }
        assert_eq!((spans(&traces, 1), traces.spans, traces.bytes), (1, 1, 7));
    }

    #[test]
    fn the_trace_that_started_last_is_the_first() {
        let mut traces = Traces::default();
        for (trace, start) in [(1, 20), (2, 30), (3, 10)] {
            keep(&mut traces, trace, start, 1);
        }
        let starts: Vec<_> = traces.newest(None).iter().map(|trace| trace.start()).collect();
        assert_eq!(starts, [30, 20, 10]);
    }
}
