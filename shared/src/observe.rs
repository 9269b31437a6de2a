//! What the shop lets others observe, by the API of OpenTelemetry: trace contexts that go in and
//! out, and measures. Without an exporter all of it does nothing.

use axum::http::HeaderMap;
use opentelemetry::metrics::{Counter, Histogram};
use opentelemetry::propagation::Injector;
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{HeaderExtractor, HeaderInjector};
use std::sync::LazyLock;
use std::time::Duration;
use tonic::metadata::{MetadataKey, MetadataMap};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Adds the current span to the headers of a request that goes out
/// ([W3C Trace Context](https://www.w3.org/TR/trace-context/)).
pub fn inject(headers: &mut HeaderMap) {
    inject_into(&mut HeaderInjector(headers));
}

/// As [`inject`], for gRPC.
pub fn inject_metadata(metadata: &mut MetadataMap) {
    inject_into(&mut Metadata(metadata));
}

fn inject_into(carrier: &mut dyn Injector) {
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, carrier));
}

struct Metadata<'a>(&'a mut MetadataMap);

impl Injector for Metadata<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(key), Ok(value)) = (MetadataKey::from_bytes(key.as_bytes()), value.parse()) {
            self.0.insert(key, value);
        }
    }
}

/// Makes `span` a child of the span that the headers of a request name, if they name one.
pub fn adopt(span: &Span, headers: &HeaderMap) {
    if headers.get_all("traceparent").iter().count() > 1 {
        return;
    }
    let parent =
        global::get_text_map_propagator(|propagator| propagator.extract(&HeaderExtractor(headers)));
    if parent.span().span_context().is_valid() {
        // A span that is not recorded has no parent to take.
        let _ = span.set_parent(parent);
    }
}

/// The current trace, as `traceresponse` names it
/// ([draft](https://w3c.github.io/trace-context/#traceresponse-header)), and its id.
#[must_use]
pub fn trace_response() -> Option<(String, String)> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    let flags = span.trace_flags().to_u8();
    let context = || {
        (
            format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()),
            span.trace_id().to_string(),
        )
    };
    span.is_valid().then(context)
}

/// Ends a request's span with what became of it.
pub fn answered(span: &Span, status: u16) {
    let code = i64::from(status);
    span.record("http.response.status_code", code);
    if status >= 500 {
        span.record("error.type", status.to_string());
        span.record("otel.status_code", "ERROR");
    }
}

struct Measures {
    orders: Counter<u64>,
    overdue: Counter<u64>,
    sagas: Histogram<f64>,
    steps: Histogram<f64>,
    compensations: Counter<u64>,
    stock_refusals: Counter<u64>,
    payments: Counter<u64>,
    deliveries: Counter<u64>,
    mails: Counter<u64>,
}

static MEASURES: LazyLock<Measures> = LazyLock::new(|| {
    let meter = global::meter("saga-shop");
    let counter = |name, unit| meter.u64_counter(name).with_unit(unit).build();
    let seconds = |name| meter.f64_histogram(name).with_unit("s").build();
    Measures {
        orders: counter("shop.orders.ended", "{order}"),
        overdue: counter("shop.orders.overdue", "{order}"),
        sagas: seconds("shop.saga.duration"),
        steps: seconds("shop.saga.step.duration"),
        compensations: counter("shop.saga.compensations", "{step}"),
        stock_refusals: counter("shop.stock.refusals", "{refusal}"),
        payments: counter("shop.payments", "{payment}"),
        deliveries: counter("shop.deliveries", "{message}"),
        mails: counter("shop.mails", "{mail}"),
    }
});

/// Counts an order that ended so, `took` after it was accepted.
pub fn order_ended(outcome: &'static str, took: Duration) {
    let outcome = [KeyValue::new("outcome", outcome)];
    MEASURES.orders.add(1, &outcome);
    MEASURES.sagas.record(took.as_secs_f64(), &outcome);
}

/// Counts an order that was found not to have ended in time: `running` or `stuck`.
pub fn order_overdue(state: &'static str) {
    MEASURES.overdue.add(1, &[KeyValue::new("state", state)]);
}

/// Measures a try of a step of the saga.
pub fn step_tried(step: &'static str, result: &'static str, took: Duration) {
    let step = [KeyValue::new("saga.step", step), KeyValue::new("result", result)];
    MEASURES.steps.record(took.as_secs_f64(), &step);
}

/// Counts a step that was undone.
pub fn compensated(step: &'static str) {
    MEASURES.compensations.add(1, &[KeyValue::new("saga.step", step)]);
}

/// Counts a refusal of a product's stock.
pub fn stock_refused(kind: &'static str) {
    MEASURES.stock_refusals.add(1, &[KeyValue::new("type", kind)]);
}

/// Counts a payment that came to this.
pub fn payment(result: &'static str) {
    MEASURES.payments.add(1, &[KeyValue::new("result", result)]);
}

/// Counts a message of `topic` that was handled with this result.
pub fn delivered(topic: &'static str, verdict: &'static str) {
    let delivery =
        [KeyValue::new("messaging.destination.name", topic), KeyValue::new("verdict", verdict)];
    MEASURES.deliveries.add(1, &delivery);
}

/// Counts a mail that was sent.
pub fn mailed() {
    MEASURES.mails.add(1, &[]);
}
