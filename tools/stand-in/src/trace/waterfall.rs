//! The waterfall: the spans of a trace as a tree, each with a bar on the time axis.

use crate::trace::duration;
use crate::trace::span::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem;

/// The deepest level that is still indented.
const MAX_INDENT: usize = 24;

/// How many lines divide the time into equal parts, the first and the last included.
const TICKS: u64 = 5;

/// A span, and where it is drawn. Offset and width are thousandths of the whole.
pub(crate) struct Row {
    pub(crate) span: Span,
    pub(crate) hue: usize,
    pub(crate) indent: usize,
    pub(crate) offset: u64,
    pub(crate) width: u64,
    /// Whether its parent is missing.
    pub(crate) is_orphan: bool,
}

/// Every service and the hue of its colour, by name.
pub(crate) type Hues = BTreeMap<String, usize>;

/// The hues of the services, as far apart as possible.
pub(crate) fn hues(spans: &[&Span]) -> Hues {
    let services: BTreeSet<_> = spans.iter().map(|span| span.service.clone()).collect();
    let count = services.len();
    let hue = |(at, service)| (service, (250 + at * 360 / count) % 360);
    services.into_iter().enumerate().map(hue).collect()
}

/// A row for each span, parents before their children, otherwise in the order given.
pub(crate) fn rows(spans: &[&Span], hues: &Hues) -> Vec<Row> {
    let ids: HashSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let (start, total) = extent(spans);
    let thousandths = |time: u64| {
        let thousandths = u128::from(time) * 1_000 / u128::from(total.max(1));
        u64::try_from(thousandths).expect("a part of the time is no longer than the whole")
    };
    let row = |(at, depth): (usize, usize)| {
        let span = spans[at].clone();
        Row {
            hue: hues.get(&span.service).copied().unwrap_or_default(),
            indent: depth.min(MAX_INDENT),
            offset: thousandths(span.start - start),
            width: thousandths(span.duration()),
            is_orphan: span.parent_span_id.as_deref().is_some_and(|parent| !ids.contains(parent)),
            span,
        }
    };
    order(spans, &ids).into_iter().map(row).collect()
}

/// When the first of the spans starts, and how long it is until the last has ended.
pub(crate) fn extent(spans: &[&Span]) -> (u64, u64) {
    let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
    (start, end - start)
}

/// The labels of the lines that divide the time.
pub(crate) fn ticks(total: u64) -> Vec<String> {
    (0..TICKS).map(|tick| duration::human(total / (TICKS - 1) * tick)).collect()
}

/// The places of the spans in the order of the tree, and how deep each is.
///
/// There is no recursion, because a chain may be long; spans that are each other's parents come last.
fn order(spans: &[&Span], ids: &HashSet<&str>) -> Vec<(usize, usize)> {
    let mut children: HashMap<Option<&str>, Vec<usize>> = HashMap::new();
    for (at, span) in spans.iter().enumerate() {
        let parent = span.parent_span_id.as_deref().filter(|parent| ids.contains(parent));
        children.entry(parent).or_default().push(at);
    }
    let mut seen = vec![false; spans.len()];
    let mut order = Vec::with_capacity(spans.len());
    for first in children.remove(&None).unwrap_or_default().into_iter().chain(0..spans.len()) {
        let mut next = vec![(first, 0)];
        while let Some((at, depth)) = next.pop() {
            if mem::replace(&mut seen[at], true) {
                continue;
            }
            order.push((at, depth));
            let below = children
                .get(&Some(spans[at].span_id.as_str()))
                .map(Vec::as_slice)
                .unwrap_or_default();
            next.extend(below.iter().rev().map(|child| (*child, depth + 1)));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use opentelemetry_proto::tonic::trace::v1::Span as WireSpan;

    /// Spans, each given by its id, its parent's id, its start and its end.
    fn spans(given: &[(u64, u64, u64, u64)]) -> Vec<Span> {
        let span = |&(id, parent, start, end): &(u64, u64, u64, u64)| {
            let wire = WireSpan {
                trace_id: vec![1; 16],
                span_id: id.to_be_bytes().to_vec(),
                parent_span_id: parent.to_be_bytes().to_vec(),
                start_time_unix_nano: start,
                end_time_unix_nano: end,
                ..WireSpan::default()
            };
            Span::read(&format!("service-{id}"), wire).unwrap().1
        };
        given.iter().map(span).collect()
    }

    fn drawn(given: &[(u64, u64, u64, u64)]) -> Vec<(String, usize, u64, u64, bool)> {
        let spans = spans(given);
        let spans: Vec<_> = spans.iter().collect();
        let drawn = |row: Row| {
            let id = row.span.span_id.trim_start_matches('0').to_owned();
            (id, row.indent, row.offset, row.width, row.is_orphan)
        };
        rows(&spans, &hues(&spans)).into_iter().map(drawn).collect()
    }

    #[test]
    fn children_follow_their_parent_in_the_order_of_their_starts() {
        let rows = drawn(&[(1, 0, 100, 300), (2, 1, 110, 120), (3, 1, 150, 250), (4, 2, 115, 116)]);
        let expected = [
            ("1".to_owned(), 0, 0, 1_000, false),
            ("2".to_owned(), 1, 50, 50, false),
            ("4".to_owned(), 2, 75, 5, false),
            ("3".to_owned(), 1, 250, 500, false),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_span_whose_parent_is_missing_is_a_root() {
        let rows = drawn(&[(1, 0, 0, 10), (2, 9, 5, 10), (3, 2, 5, 6)]);
        let shown: Vec<_> = rows.iter().map(|row| (row.0.as_str(), row.1, row.4)).collect();
        assert_eq!(shown, [("1", 0, false), ("2", 0, true), ("3", 1, false)]);
    }

    #[test]
    fn spans_in_a_circle_are_shown_once() {
        let rows = drawn(&[(1, 1, 0, 1), (2, 3, 0, 1), (3, 2, 0, 1), (4, 0, 0, 1)]);
        let shown: Vec<_> = rows.iter().map(|row| (row.0.as_str(), row.1)).collect();
        assert_eq!(shown, [("4", 0), ("1", 0), ("2", 0), ("3", 1)]);
    }

    #[test]
    fn spans_without_any_duration_are_drawn() {
        let rows = drawn(&[(1, 0, 7, 7), (2, 1, 7, 3)]);
        assert!(rows.iter().all(|row| (row.2, row.3) == (0, 0)));
        assert_eq!(drawn(&[(1, 0, 0, u64::MAX)])[0].3, 1_000);
    }

    #[test]
    fn the_indentation_of_a_long_chain_is_bounded() {
        let chain: Vec<_> = (1..=100_000).map(|id| (id, id - 1, 0, 1)).collect();
        let rows = drawn(&chain);
        assert_eq!(rows.len(), chain.len());
        assert_eq!(rows.last().unwrap().1, MAX_INDENT);
    }

    #[test]
    fn every_service_has_its_own_hue() {
        let given: Vec<_> = (1..=12).map(|id| (id, 0, 0, 1)).collect();
        let spans = spans(&given);
        let hues = hues(&spans.iter().collect::<Vec<_>>());
        assert_eq!(hues.values().collect::<HashSet<_>>().len(), 12);
    }

    #[test]
    fn ticks_divide_the_time_into_quarters() {
        assert_eq!(ticks(2_000_000), ["0", "500 µs", "1.00 ms", "1.50 ms", "2.00 ms"]);
    }
}
