//! What an exporter sends.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Reading;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

/// 2026-01-02T03:04:05Z in nanoseconds since 1970.
pub(crate) const START: u64 = 1_767_323_045_000_000_000;

pub(crate) const DELTA: AggregationTemporality = AggregationTemporality::Delta;
pub(crate) const CUMULATIVE: AggregationTemporality = AggregationTemporality::Cumulative;

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// The trace whose id is `number` in hexadecimal.
pub(crate) fn trace_id(number: u128) -> String {
    format!("{number:032x}")
}

/// A span of one millisecond, `id` milliseconds after [`START`]; a parent of 0 is none.
pub(crate) fn span(trace: u128, id: u64, parent: u64, name: &str) -> Span {
    let start = START + id * 1_000_000;
    Span {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        parent_span_id: if parent == 0 { Vec::new() } else { parent.to_be_bytes().to_vec() },
        name: name.to_owned(),
        kind: 2,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1_000_000,
        ..Span::default()
    }
}

pub(crate) fn failed(span: Span, message: &str) -> Span {
    let message = message.to_owned();
    Span { status: Some(Status { code: 2, message }), ..span }
}

pub(crate) fn of_order(span: Span, order: &str) -> Span {
    Span { attributes: vec![text("order.id", order)], ..span }
}

fn resource(service: &str) -> Resource {
    let attributes = vec![text("service.name", service), text("host.name", "x")];
    Resource { attributes, ..Resource::default() }
}

pub(crate) fn traces(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let batch = ResourceSpans {
        resource: Some(resource(service)),
        scope_spans,
        ..ResourceSpans::default()
    };
    ExportTraceServiceRequest { resource_spans: vec![batch] }
}

fn metrics(service: &str, metric: Metric) -> ExportMetricsServiceRequest {
    let scope_metrics = vec![ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() }];
    let batch = ResourceMetrics {
        resource: Some(resource(service)),
        scope_metrics,
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![batch] }
}

/// A sum named `orders` with one point.
pub(crate) fn orders(
    temporality: AggregationTemporality,
    value: i64,
) -> ExportMetricsServiceRequest {
    let point = NumberDataPoint {
        attributes: vec![text("outcome", "fulfilled")],
        value: Some(Reading::AsInt(value)),
        ..NumberDataPoint::default()
    };
    let sum = Sum {
        data_points: vec![point],
        aggregation_temporality: temporality.into(),
        is_monotonic: true,
    };
    let metric = Metric {
        name: "orders".to_owned(),
        unit: "{order}".to_owned(),
        data: Some(Data::Sum(sum)),
        ..Metric::default()
    };
    metrics("place-order", metric)
}

/// A histogram named `duration` with one point.
pub(crate) fn durations(count: u64, sum: f64) -> ExportMetricsServiceRequest {
    let point = HistogramDataPoint { count, sum: Some(sum), ..HistogramDataPoint::default() };
    let histogram = Histogram { data_points: vec![point], aggregation_temporality: DELTA.into() };
    let metric = Metric {
        name: "duration".to_owned(),
        unit: "ms".to_owned(),
        data: Some(Data::Histogram(histogram)),
        ..Metric::default()
    };
    metrics("place-order", metric)
}
