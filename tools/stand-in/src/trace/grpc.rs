//! OTLP over gRPC.

use crate::trace::faults::{Failing, endure};
use crate::trace::otlp::MAX_REQUEST_BYTES;
use crate::trace::sink::Sink;
use axum::Router;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::{Request, Response, Status};

/// What exporters call over gRPC: `TraceService` and `MetricsService`.
pub(crate) fn otlp_grpc(sink: &Sink) -> Router {
    let traces = TraceServiceServer::new(sink.clone()).max_decoding_message_size(MAX_REQUEST_BYTES);
    let metrics =
        MetricsServiceServer::new(sink.clone()).max_decoding_message_size(MAX_REQUEST_BYTES);
    Router::new()
        .route_service("/opentelemetry.proto.collector.trace.v1.TraceService/{method}", traces)
        .route_service("/opentelemetry.proto.collector.metrics.v1.MetricsService/{method}", metrics)
        .fallback(unimplemented)
}

async fn unimplemented() -> axum::response::Response {
    Status::unimplemented("only traces and metrics are taken over gRPC").into_http()
}

#[tonic::async_trait]
impl TraceService for Sink {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        endure(self.faults()).await?;
        Ok(Response::new(self.keep_traces(request.into_inner())))
    }
}

#[tonic::async_trait]
impl MetricsService for Sink {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        endure(self.faults()).await?;
        Ok(Response::new(self.keep_metrics(request.into_inner())))
    }
}

impl From<Failing> for Status {
    fn from(failing: Failing) -> Self {
        Self::internal(failing.to_string())
    }
}
