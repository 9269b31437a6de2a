//! Exports over gRPC.

use crate::support::PATIENCE;
use crate::trace::support::Program;
use crate::trace::wire::{DELTA, orders, span, traces};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::trace::v1::Span;
use stand_in::trace::{FaultKind, MAX_REQUEST_BYTES, Reading};
use tokio::time::timeout;
use tonic::Code;
use tonic::transport::Channel;

async fn channel(program: &Program) -> Channel {
    let address = format!("http://{}", program.otlp_grpc);
    let channel = Channel::from_shared(address).expect("a URI").timeout(PATIENCE);
    channel.connect().await.expect("gRPC is served")
}

#[tokio::test]
async fn traces_and_metrics_are_kept_as_over_http() {
    let program = Program::start().await;
    let channel = channel(&program).await;
    let mut client = TraceServiceClient::new(channel.clone());
    let invalid = Span { span_id: Vec::new(), ..span(1, 2, 1, "y") };
    let message = traces("stock", vec![span(1, 1, 0, "x"), invalid]);
    let response = client.export(message).await.unwrap().into_inner();
    assert_eq!(response.partial_success.unwrap().rejected_spans, 1);
    program.keep("payment", vec![span(1, 3, 1, "z")]).await;
    assert_eq!(program.trace(1).await.spans.len(), 2);
    let mut client = MetricsServiceClient::new(channel);
    for value in [2, 3] {
        client.export(orders(DELTA, "fulfilled", value)).await.unwrap();
    }
    let reading = program.measurements().await.remove(0).reading;
    assert_eq!(reading, Reading::Value { value: 5.into() });
}

#[tokio::test]
async fn an_oversized_message_is_rejected() {
    let program = Program::start().await;
    let mut client = TraceServiceClient::new(channel(&program).await);
    let name = "x".repeat(MAX_REQUEST_BYTES);
    let rejected = client.export(traces("stock", vec![span(1, 1, 0, &name)])).await.unwrap_err();
    assert_eq!(rejected.code(), Code::OutOfRange, "{rejected}");
    client.export(traces("stock", vec![span(1, 1, 0, "x")])).await.unwrap();
    assert_eq!(program.trace(1).await.spans[0].name, "x");
}

#[tokio::test]
async fn faults_apply_to_exports_over_grpc() {
    let program = Program::start().await;
    let mut client = TraceServiceClient::new(channel(&program).await);
    let message = traces("stock", vec![span(1, 1, 0, "x")]);
    program.fault(FaultKind::Fail).await;
    let failed = client.export(message.clone()).await.unwrap_err();
    assert_eq!(failed.code(), Code::Internal, "{failed}");
    program.fault(FaultKind::Hang).await;
    let export = tokio::spawn(async move { client.export(message).await });
    assert_eq!(program.get("/healthz").await.status, 200);
    assert!(!export.is_finished() && program.summaries().await.is_empty());
    assert_eq!(program.call("DELETE", "/control/faults", "").await.status, 204);
    timeout(PATIENCE, export).await.unwrap().unwrap().unwrap();
    assert_eq!(program.summaries().await.len(), 1);
}
