//! The API: its format, its filter, its errors.

use crate::trace::support::Program;
use crate::trace::wire::{DELTA, START, durations, failed, of_order, orders, span, text, trace_id};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;
use serde_json::json;
use stand_in::trace::TraceSummary;

/// A server span with a failed child.
async fn store_failed_order(program: &Program) {
    let event = Event {
        time_unix_nano: START + 2_500_000,
        name: "exception".to_owned(),
        attributes: vec![text("exception.message", "declined")],
        ..Event::default()
    };
    let child = Span { events: vec![event], ..failed(span(0xab, 2, 1, "charge"), "declined") };
    let root = of_order(span(0xab, 1, 0, "POST /orders"), "o-1");
    program.store("place-order", vec![child, root]).await;
}

#[tokio::test]
async fn a_summary_has_the_documented_format() {
    let program = Program::start().await;
    store_failed_order(&program).await;
    let expected = json!([{
        "trace_id": "000000000000000000000000000000ab",
        "root": "POST /orders",
        "service": "place-order",
        "services": ["place-order"],
        "order_id": "o-1",
        "started_at": "2026-01-02T03:04:05.001Z",
        "duration_ms": 2.0,
        "spans": 2,
        "errors": 1,
    }]);
    assert_eq!(program.get("/api/traces").await.body, expected);
}

#[tokio::test]
async fn a_trace_has_the_documented_format() {
    let program = Program::start().await;
    store_failed_order(&program).await;
    let expected = json!({
        "trace_id": "000000000000000000000000000000ab",
        "spans": [{
            "span_id": "0000000000000001",
            "parent_span_id": null,
            "name": "POST /orders",
            "kind": "server",
            "service": "place-order",
            "started_at": "2026-01-02T03:04:05.001Z",
            "duration_ms": 1.0,
            "status": "unset",
            "attributes": {"order.id": "o-1"},
            "events": [],
        }, {
            "span_id": "0000000000000002",
            "parent_span_id": "0000000000000001",
            "name": "charge",
            "kind": "server",
            "service": "place-order",
            "started_at": "2026-01-02T03:04:05.002Z",
            "duration_ms": 1.0,
            "status": "error",
            "status_message": "declined",
            "attributes": {},
            "events": [{
                "name": "exception",
                "at": "2026-01-02T03:04:05.0025Z",
                "attributes": {"exception.message": "declined"},
            }],
        }],
    });
    assert_eq!(program.get("/api/traces/000000000000000000000000000000AB").await.body, expected);
}

#[tokio::test]
async fn a_measurement_has_the_documented_format() {
    let program = Program::start().await;
    program.export("/v1/metrics", &orders(DELTA, 2)).await;
    program.export("/v1/metrics", &orders(DELTA, 1)).await;
    program.export("/v1/metrics", &durations(2, 1.5)).await;
    let expected = json!([{
        "service": "place-order",
        "name": "duration",
        "unit": "ms",
        "kind": "histogram",
        "attributes": {},
        "count": 2,
        "sum": 1.5,
    }, {
        "service": "place-order",
        "name": "orders",
        "unit": "{order}",
        "kind": "sum",
        "attributes": {"outcome": "fulfilled"},
        "value": 3,
    }]);
    assert_eq!(program.get("/api/metrics").await.body, expected);
}

#[tokio::test]
async fn traces_are_found_by_order_newest_first() {
    let program = Program::start().await;
    let named = |trace, start, order| of_order(span(trace, start, 0, "x"), order);
    program.store("x", vec![named(1, 10, "a b"), named(2, 30, "a b"), named(3, 20, "c")]).await;
    program.store("y", vec![named(3, 25, "a b"), span(4, 40, 0, "x")]).await;
    for (filter, traces) in [
        ("", &[4, 2, 3, 1][..]),
        ("?order_id=a%20b", &[2, 3, 1]),
        ("?order_id=c", &[3]),
        ("?order_id=a", &[]),
    ] {
        let answer = program.get(&format!("/api/traces{filter}")).await;
        let found: Vec<TraceSummary> = serde_json::from_value(answer.body).unwrap();
        let found: Vec<_> = found.into_iter().map(|trace| trace.trace_id).collect();
        let expected: Vec<_> = traces.iter().copied().map(trace_id).collect();
        assert_eq!(found, expected, "{filter}");
    }
    assert_eq!(program.get("/api/traces?order=c").await.status, 400);
}

#[tokio::test]
async fn an_unknown_trace_gets_a_404() {
    let program = Program::start().await;
    program.store("x", vec![span(1, 1, 0, "x")]).await;
    for id in [&trace_id(2), &trace_id(0), "1", "x"] {
        let answer = program.get(&format!("/api/traces/{id}")).await;
        assert_eq!(answer.status_and("/error"), (404, format!("no such trace: '{id}'").as_str()));
    }
}

#[tokio::test]
async fn deleting_all_traces_deletes_no_metric() {
    let program = Program::start().await;
    program.store("x", vec![span(1, 1, 0, "x")]).await;
    program.export("/v1/metrics", &orders(DELTA, 2)).await;
    assert_eq!(program.call("DELETE", "/api/traces", "").await.status, 204);
    assert!(program.summaries().await.is_empty());
    assert_eq!(program.measurements().await.len(), 1);
    program.store("x", vec![span(1, 2, 0, "x")]).await;
    assert_eq!(program.trace(1).await.spans.len(), 1);
}

#[tokio::test]
async fn an_unknown_call_is_an_error_in_json() {
    let program = Program::start().await;
    for (method, path) in [("GET", "/api"), ("POST", "/api/traces"), ("GET", "/control/faults")] {
        let answer = program.call(method, path, "").await;
        assert_eq!(answer.text("/error"), format!("no such call: {method} {path}"));
        assert_eq!(answer.status, 404);
    }
}
