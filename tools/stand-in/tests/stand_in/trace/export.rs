//! Exports over HTTP: what is stored of them, and which are rejected.

use crate::support::{ApiResponse, request};
use crate::trace::support::{PROTOBUF, Program};
use crate::trace::wire::{CUMULATIVE, orders, span, traces};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use stand_in::trace::MAX_REQUEST_BYTES;

const PATHS: [&str; 2] = ["/v1/traces", "/v1/metrics"];

#[tokio::test]
async fn a_trace_in_two_batches_becomes_one_tree() {
    let program = Program::start().await;
    program.store("order-saga", vec![span(1, 3, 2, "reserve"), span(1, 2, 1, "saga")]).await;
    let summary = program.summaries().await.remove(0);
    assert_eq!((summary.root.as_str(), summary.spans), ("saga", 2));
    program.store("place-order", vec![span(1, 1, 0, "POST /orders")]).await;
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
async fn spans_without_valid_ids_are_rejected_and_counted() {
    let program = Program::start().await;
    let nameless = Span { span_id: vec![0; 8], ..span(1, 2, 1, "zero") };
    let short = Span { trace_id: vec![1], ..span(1, 3, 1, "short") };
    let spans = vec![span(1, 1, 0, "kept"), nameless, short];
    let answer = program.export("/v1/traces", &traces("stock", spans)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), PROTOBUF);
    let response = ExportTraceServiceResponse::decode(answer.bytes).unwrap();
    assert_eq!(response.partial_success.unwrap().rejected_spans, 2);
    assert_eq!(program.trace(1).await.spans.len(), 1);
}

#[tokio::test]
async fn totals_are_rejected_and_counted() {
    let program = Program::start().await;
    let answer = program.export("/v1/metrics", &orders(CUMULATIVE, 2)).await;
    let response = ExportMetricsServiceResponse::decode(answer.bytes).unwrap();
    assert_eq!(response.partial_success.unwrap().rejected_data_points, 1);
    assert!(program.measurements().await.is_empty());
}

#[tokio::test]
async fn malformed_protobuf_gets_a_400() {
    let program = Program::start().await;
    for path in PATHS {
        let answer = ApiResponse::to(program.request(path, b"\x0a\xff".to_vec())).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text("/error").contains("decode"), "{}", answer.text("/error"));
    }
}

#[tokio::test]
async fn an_export_of_the_largest_size_is_read_and_one_byte_more_gets_a_413() {
    let program = Program::start().await;
    for path in PATHS {
        let answer = ApiResponse::to(program.request(path, vec![0; MAX_REQUEST_BYTES + 1])).await;
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
async fn anything_but_plain_protobuf_gets_a_415() {
    let program = Program::start().await;
    let post = async |content_type: &str, encoding: &str| {
        let request = request(program.otlp_http, "POST", "/v1/traces");
        let request = request.header("Content-Type", content_type);
        ApiResponse::to(request.header("Content-Encoding", encoding)).await
    };
    for (content_type, encoding, message) in
        [("application/json", "identity", PROTOBUF), (PROTOBUF, "gzip", "compressed")]
    {
        let answer = post(content_type, encoding).await;
        assert_eq!(answer.status, 415, "{content_type}");
        assert!(answer.text("/error").contains(message), "{answer:?}");
    }
    assert_eq!(post("Application/X-Protobuf; x=y", "identity").await.status, 200);
}
