//! Exports over HTTP: what is kept of them, and which are rejected.

use crate::trace::support::{PROTOBUF, Program};
use crate::trace::wire::{CUMULATIVE, DELTA, durations, orders, span, trace_id, traces};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use stand_in::trace::{MAX_REQUEST_BYTES, MAX_TRACES, Reading};

const PATHS: [&str; 3] = ["/v1/traces", "/v1/metrics", "/v1/logs"];

#[tokio::test]
async fn a_trace_in_two_batches_becomes_one_tree() {
    let program = Program::start().await;
    program.keep("order-saga", vec![span(1, 3, 2, "reserve"), span(1, 2, 1, "saga")]).await;
    let summary = program.summaries().await.remove(0);
    assert_eq!((summary.root.as_str(), summary.spans), ("saga", 2));
    program.keep("place-order", vec![span(1, 1, 0, "POST /orders")]).await;
    let summaries = program.summaries().await;
    assert_eq!(summaries.len(), 1);
    let summary = &summaries[0];
    assert_eq!((summary.root.as_str(), summary.service.as_str()), ("POST /orders", "place-order"));
    assert_eq!((summary.spans, summary.duration_ms.to_string().as_str()), (3, "3"));
    assert_eq!(summary.services, ["order-saga", "place-order"]);
    let names: Vec<_> = program.trace(1).await.spans.into_iter().map(|span| span.name).collect();
    assert_eq!(names, ["POST /orders", "saga", "reserve"]);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_changes_nothing() {
    let program = Program::start().await;
    program.keep("stock", vec![span(1, 1, 0, "reserve")]).await;
    let first = program.trace(1).await;
    program.keep("stock", vec![span(1, 1, 0, "reserve")]).await;
    assert_eq!(program.trace(1).await, first);
}

#[tokio::test]
async fn spans_without_valid_ids_are_rejected_and_counted() {
    let program = Program::start().await;
    let nameless = Span { span_id: vec![0; 8], ..span(1, 2, 1, "zero") };
    let short = Span { trace_id: vec![1], ..span(1, 3, 1, "short") };
    let spans = vec![span(1, 1, 0, "kept"), nameless, short];
    let answer = program.export("/v1/traces", &traces("stock", spans)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.headers.contains("application/x-protobuf"), "{}", answer.headers);
    let response = ExportTraceServiceResponse::decode(answer.body.as_slice()).unwrap();
    assert_eq!(response.partial_success.unwrap().rejected_spans, 2);
    assert_eq!(program.trace(1).await.spans.len(), 1);
}

#[tokio::test]
async fn differences_add_up_and_totals_replace() {
    let program = Program::start().await;
    for message in [
        orders(DELTA, "fulfilled", 2),
        orders(DELTA, "cancelled", 1),
        orders(DELTA, "fulfilled", 3),
        durations(CUMULATIVE, 2, 10.5),
        durations(CUMULATIVE, 3, 12.5),
    ] {
        assert_eq!(program.export("/v1/metrics", &message).await.status, 200);
    }
    let shown = program.measurements().await;
    let readings: Vec<_> = shown.iter().map(|kept| (kept.name.as_str(), &kept.reading)).collect();
    let value = |value: i64| Reading::Value { value: value.into() };
    let expected = [
        ("duration", &Reading::Distribution { count: 3, sum: Some(12.5) }),
        ("orders", &value(1)),
        ("orders", &value(5)),
    ];
    assert_eq!(readings, expected);
    program.export("/v1/metrics", &durations(DELTA, 1, 0.5)).await;
    let reading = program.measurements().await.remove(0).reading;
    assert_eq!(reading, Reading::Distribution { count: 4, sum: Some(13.0) });
}

#[tokio::test]
async fn logs_are_accepted_and_dropped() {
    let program = Program::start().await;
    let answer = program.export("/v1/logs", &traces("stock", vec![span(1, 1, 0, "x")])).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert!(program.summaries().await.is_empty());
}

#[tokio::test]
async fn malformed_protobuf_is_400() {
    let program = Program::start().await;
    for path in PATHS {
        let answer = program.post(path, PROTOBUF, b"\x0a\xff").await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.error().contains("decode"), "{}", answer.error());
    }
}

#[tokio::test]
async fn an_export_of_the_largest_size_is_read_and_one_byte_more_is_413() {
    let program = Program::start().await;
    for path in PATHS {
        let answer = program.post(path, PROTOBUF, &vec![0; MAX_REQUEST_BYTES + 1]).await;
        assert_eq!(answer.status, 413, "{path}");
    }
    let mut message = traces("stock", vec![span(1, 1, 0, "")]);
    // The tag and the length of the name, and the three messages around it, whose lengths grow.
    let length = MAX_REQUEST_BYTES - message.encoded_len() - (1 + 4 + 3 * 3);
    message.resource_spans[0].scope_spans[0].spans[0].name = "x".repeat(length);
    assert_eq!(message.encoded_len(), MAX_REQUEST_BYTES);
    assert_eq!(program.export("/v1/traces", &message).await.status, 200);
    assert_eq!(program.trace(1).await.spans[0].name.len(), length);
}

#[tokio::test]
async fn what_is_not_plain_protobuf_is_415() {
    let program = Program::start().await;
    let compressed = format!("{PROTOBUF}\r\nContent-Encoding: gzip");
    for (header, message) in [
        ("Content-Type: application/json", "application/x-protobuf"),
        ("X-Type: none", "application/x-protobuf"),
        (&compressed, "compressed"),
    ] {
        let answer = program.post("/v1/traces", header, b"").await;
        assert_eq!(answer.status, 415, "{header}");
        assert!(answer.error().contains(message), "{}", answer.error());
    }
    let parameter = "Content-Type: Application/X-Protobuf; x=y\r\nContent-Encoding: identity";
    assert_eq!(program.post("/v1/traces", parameter, b"").await.status, 200);
}

#[tokio::test]
async fn the_trace_that_came_first_goes_when_there_are_too_many() {
    let program = Program::start().await;
    let count = MAX_TRACES as u128;
    let spans = (1..=count).map(|trace| span(trace, 1, 0, "x")).collect();
    program.keep("stock", spans).await;
    assert_eq!(program.summaries().await.len(), MAX_TRACES);
    program.keep("stock", vec![span(count + 1, 1, 0, "x")]).await;
    assert_eq!(program.summaries().await.len(), MAX_TRACES);
    for (trace, status) in [(1, 404), (2, 200), (count + 1, 200)] {
        let answer = program.get(&format!("/api/traces/{}", trace_id(trace))).await;
        assert_eq!(answer.status, status, "{trace}");
    }
}
