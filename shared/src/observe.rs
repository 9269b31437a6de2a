//! Observability by the API of OpenTelemetry: propagation of trace contexts, and metrics. Without an
//! exporter all of it does nothing.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
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

/// The header that names the parent span of a request.
pub const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header for data of tracing systems.
pub const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

/// Adds the current span to the headers of an outgoing request
/// ([W3C Trace Context](https://www.w3.org/TR/trace-context/)).
pub fn inject(headers: &mut HeaderMap) {
    inject_into(&mut HeaderInjector(headers));
}

/// Like [`inject`], for gRPC.
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
    let Some(context) = trace_context(headers) else { return };
    let parent = global::get_text_map_propagator(|propagator| {
        propagator.extract(&HeaderExtractor(&context))
    });
    if parent.span().span_context().is_valid() {
        // A span that is not recorded has no parent to take.
        let _ = span.set_parent(parent);
    }
}

/// The trace context among `headers`: one valid `traceparent`, and `tracestate` joined into one
/// line, if there is one. None: the request begins a trace
/// ([W3C](https://www.w3.org/TR/trace-context/#a-traceparent-is-received)).
#[must_use]
pub fn trace_context(headers: &HeaderMap) -> Option<HeaderMap> {
    let mut parents = headers.get_all(TRACE_PARENT).iter();
    let parent = parents.next().filter(|parent| is_trace_parent(parent.as_bytes()))?;
    if parents.next().is_some() {
        return None;
    }
    let mut context = HeaderMap::from_iter([(TRACE_PARENT, parent.clone())]);
    let states: Vec<_> = headers.get_all(TRACE_STATE).iter().map(HeaderValue::as_bytes).collect();
    let state = HeaderValue::from_bytes(&states.join(&b','));
    if let Some(state) = state.ok().filter(|state| !state.is_empty() && state.to_str().is_ok()) {
        context.insert(TRACE_STATE, state);
    }
    Some(context)
}

/// Whether this is a `traceparent`: `version-trace-span-flags` in lower case hexadecimal digits, and
/// more after another hyphen in a version that is not known yet
/// ([W3C](https://www.w3.org/TR/trace-context/#versioning-of-traceparent)).
fn is_trace_parent(text: &[u8]) -> bool {
    const LENGTH: usize = 55;
    let (known, more) = text.split_at(text.len().min(LENGTH));
    let fields: Vec<_> = known.split(|byte| *byte == b'-').collect();
    let digits = |field: &&[u8]| field.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let [version, trace, span, flags] = fields[..] else { return false };
    fields.iter().all(digits)
        && (version.len(), trace.len(), span.len(), flags.len()) == (2, 32, 16, 2)
        && version != b"ff"
        && (more.is_empty() || version != b"00" && more[0] == b'-')
        && [trace, span].iter().all(|id| id.iter().any(|digit| *digit != b'0'))
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

/// Ends a request's span with its result.
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
    overdue_payments: Counter<u64>,
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
        overdue_payments: counter("shop.payments.overdue", "{payment}"),
        deliveries: counter("shop.deliveries", "{message}"),
        mails: counter("shop.mails", "{mail}"),
    }
});

/// Counts an order that ended with this outcome, `took` after it was accepted.
pub fn order_ended(outcome: &'static str, took: Duration) {
    let outcome = [KeyValue::new("outcome", outcome)];
    MEASURES.orders.add(1, &outcome);
    MEASURES.sagas.record(took.as_secs_f64(), &outcome);
}

/// Counts an order that was found not to have ended in time: `running` or `stuck`.
pub fn order_overdue(state: &'static str) {
    MEASURES.overdue.add(1, &[KeyValue::new("state", state)]);
}

/// Measures an attempt at a step of the saga.
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

/// Counts a payment that reached this state.
pub fn payment(result: &'static str) {
    MEASURES.payments.add(1, &[KeyValue::new("result", result)]);
}

/// Counts a payment whose caller did not return in time, by its state.
pub fn payment_overdue(state: &'static str) {
    MEASURES.overdue_payments.add(1, &[KeyValue::new("state", state)]);
}

/// Counts a message of `topic` that was handled with this result.
pub fn delivered(topic: &str, verdict: &'static str) {
    let delivery = [
        KeyValue::new("messaging.destination.name", topic.to_owned()),
        KeyValue::new("verdict", verdict),
    ];
    MEASURES.deliveries.add(1, &delivery);
}

/// Counts a mail that was sent.
pub fn mailed() {
    MEASURES.mails.add(1, &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

    fn context(headers: &[(HeaderName, &str)]) -> Option<HeaderMap> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        trace_context(&headers.collect())
    }

    #[test]
    fn a_trace_is_continued_under_this_version_and_later_ones() {
        for (version, rest) in [
            ("00", "01"),
            ("00", "00"),
            ("00", "ff"),
            ("01", "09"),
            ("cc", "01-what-will-be"),
            ("cc", "01-"),
        ] {
            let parent = format!("{version}-{TRACE}-{rest}");
            assert!(context(&[(TRACE_PARENT, &parent)]).is_some(), "{parent}");
        }
    }

    /// As in [W3C's suite](https://github.com/w3c/trace-context/tree/main/test).
    #[test]
    fn an_invalid_parent_begins_a_trace() {
        let zero = "0".repeat(32);
        let parents = [
            String::new(),
            format!("ff-{TRACE}-01"),
            format!("0-{TRACE}-01"),
            format!("000-{TRACE}-01"),
            format!(".0-{TRACE}-01"),
            format!("00-{TRACE}-1"),
            format!("00-{TRACE}-+1"),
            format!("00-{TRACE}-0"),
            format!("00-{TRACE}-001"),
            format!("00-{TRACE}-01-"),
            format!("00-{TRACE}-01-what-will-be"),
            format!("00-{TRACE}-01."),
            format!("cc-{TRACE}-01.what-will-be"),
            format!("00-{}-01", TRACE.to_uppercase()),
            format!("00-{zero}-00f067aa0ba902b7-01"),
            format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{}-01", &zero[..16]),
            format!("00-{}-01", &TRACE[1..]),
            format!("00-.{}-01", &TRACE[1..]),
            format!("00-{TRACE}"),
        ];
        for parent in parents {
            assert_eq!(context(&[(TRACE_PARENT, &parent)]), None, "{parent}");
        }
        let parent = format!("00-{TRACE}-01");
        assert_eq!(context(&[(TRACE_PARENT, &parent), (TRACE_PARENT, &parent)]), None);
        assert_eq!(context(&[(TRACE_STATE, "a=1")]), None);
    }

    #[test]
    fn the_state_of_a_trace_may_come_in_several_lines() {
        let parent = format!("00-{TRACE}-01");
        let lines = [(TRACE_PARENT, &*parent), (TRACE_STATE, "a=1,b=2"), (TRACE_STATE, "c=3")];
        assert_eq!(context(&lines).unwrap()[TRACE_STATE], "a=1,b=2,c=3");
        for unreadable in ["", "a=\u{84}"] {
            let lines = [(TRACE_PARENT, &*parent), (TRACE_STATE, unreadable)];
            assert!(!context(&lines).unwrap().contains_key(TRACE_STATE));
        }
    }
}
