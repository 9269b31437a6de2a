//! The control paths: a fault.

use crate::trace::support::Program;
use crate::trace::wire::{DELTA, orders, span, traces};
use stand_in::trace::FaultKind;

#[tokio::test]
async fn a_failing_sink_answers_500_and_stores_nothing() {
    let program = Program::start().await;
    program.fault(FaultKind::Fail).await;
    let batch = traces("stock", vec![span(1, 1, 0, "x")]);
    let answer = program.export("/v1/traces", &batch).await;
    assert_eq!((answer.status, answer.text("/error").contains("/control/faults")), (500, true));
    assert_eq!(program.export("/v1/metrics", &orders(DELTA, 1)).await.status, 500);
    assert!(program.summaries().await.is_empty() && program.measurements().await.is_empty());
    assert_eq!(program.get("/healthz").await.status, 200);
    assert_eq!(program.call("DELETE", "/control/faults", "").await.status, 204);
    assert_eq!(program.export("/v1/traces", &batch).await.status, 200);
    assert_eq!(program.summaries().await.len(), 1);
}
