//! The control paths: what faults do, plans that are rejected.

use crate::support::{read, request};
use crate::trace::support::{PROTOBUF, Program};
use crate::trace::wire::{DELTA, orders, span, traces};
use prost::Message;
use stand_in::trace::FaultKind;

#[tokio::test]
async fn a_failing_sink_answers_500_and_keeps_nothing() {
    let program = Program::start().await;
    program.fault(FaultKind::Fail).await;
    let batch = traces("stock", vec![span(1, 1, 0, "x")]);
    let answer = program.export("/v1/traces", &batch).await;
    assert_eq!((answer.status, answer.error().contains("/control/faults")), (500, true));
    assert_eq!(program.export("/v1/metrics", &orders(DELTA, "x", 1)).await.status, 500);
    assert_eq!(program.post("/v1/logs", PROTOBUF, b"").await.status, 500);
    assert!(program.summaries().await.is_empty() && program.measurements().await.is_empty());
    assert_eq!(program.get("/healthz").await.status, 200);
    assert_eq!(program.call("DELETE", "/control/faults", "").await.status, 204);
    assert_eq!(program.export("/v1/traces", &batch).await.status, 200);
    assert_eq!(program.summaries().await.len(), 1);
}

#[tokio::test]
async fn a_hanging_sink_answers_when_the_fault_is_deleted() {
    let program = Program::start().await;
    program.fault(FaultKind::Hang).await;
    let body = traces("stock", vec![span(1, 1, 0, "x")]).encode_to_vec();
    let headers = format!("{PROTOBUF}\r\nContent-Length: {}", body.len());
    let mut stream = request(program.otlp_http, "POST", "/v1/traces", &headers, &body).await;
    for _ in 0..10 {
        assert!(program.summaries().await.is_empty());
    }
    let answered = stream.try_read(&mut [0]);
    assert!(answered.is_err(), "{answered:?}");
    assert_eq!(program.call("DELETE", "/control/faults", "").await.status, 204);
    assert_eq!(read(&mut stream).await.status, 200);
    assert_eq!(program.summaries().await.len(), 1);
}
