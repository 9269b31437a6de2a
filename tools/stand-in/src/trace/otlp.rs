//! OTLP over HTTP, in protobuf.

use crate::trace::faults;
use crate::trace::sink::Sink;
use crate::web::{ApiError, bounded};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::{DecodeError, Message};

/// The largest export read, in bytes; a larger one is rejected with 413.
pub const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

const PROTOBUF: &str = "application/x-protobuf";

/// What exporters call over HTTP: `POST /v1/traces` and `/v1/metrics`.
pub(crate) fn otlp_http(sink: &Sink) -> Router {
    let app = Router::new()
        .route("/v1/traces", post(take_traces))
        .route("/v1/metrics", post(take_metrics))
        .with_state(sink.clone());
    bounded(app, MAX_REQUEST_BYTES, ApiError::unrecognized)
}

async fn take_traces(
    State(sink): State<Sink>,
    Protobuf(request): Protobuf<ExportTraceServiceRequest>,
) -> Protobuf<ExportTraceServiceResponse> {
    Protobuf(sink.store_traces(request))
}

async fn take_metrics(
    State(sink): State<Sink>,
    Protobuf(request): Protobuf<ExportMetricsServiceRequest>,
) -> Protobuf<ExportMetricsServiceResponse> {
    Protobuf(sink.store_metrics(request))
}

/// A message as a body; an incoming one waits as long as exports hang.
struct Protobuf<M>(M);

impl<M: Message + Default> FromRequest<Sink> for Protobuf<M> {
    type Rejection = ApiError;

    async fn from_request(request: Request, sink: &Sink) -> Result<Self, ApiError> {
        check(request.headers())?;
        let body = Bytes::from_request(request, sink).await?;
        faults::apply(sink.faults()).await?;
        Ok(Self(M::decode(body).map_err(|error| bad(&error))?))
    }
}

impl<M: Message> IntoResponse for Protobuf<M> {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, PROTOBUF)], self.0.encode_to_vec()).into_response()
    }
}

fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    let header = |name: HeaderName| {
        let value = headers.get(name)?.to_str().unwrap_or_default();
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    };
    if header(CONTENT_TYPE).as_deref() != Some(PROTOBUF) {
        return Err(unsupported("the content type must be application/x-protobuf"));
    }
    if header(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported("the body must not be compressed"));
    }
    Ok(())
}

fn bad(error: &DecodeError) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, error.to_string())
}

fn unsupported(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
}
