//! Telemetry of a process: log lines, spans and metrics.
//!
//! Spans and metrics are exported by OTLP, over HTTP or gRPC, when the standard variable `OTEL_EXPORTER_OTLP_ENDPOINT` is set
//! ([OpenTelemetry](https://opentelemetry.io/docs/specs/otel/protocol/exporter/)); without it
//! there is no overhead. No request ever waits for an export.

mod export;
mod lines;

use self::export::Quiet;
use self::lines::WithTrace;
use super::settings::telemetry::{LogFormat, OtlpProtocol, Telemetry as Settings};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tracing::Subscriber;
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::fmt::format::{Format, JsonFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The timeout of the last export when the process ends.
const FLUSH: Duration = Duration::from_secs(2);

/// The instrumentation scope of spans and metrics.
const SCOPE: &str = "saga-shop";

/// The pipelines that export spans and metrics.
pub(super) struct Telemetry {
    traces: SdkTracerProvider,
    metrics: SdkMeterProvider,
}

impl Telemetry {
    /// Starts logging, and exports spans and metrics of the process `name` if they are configured.
    pub(super) fn start(name: &'static str, settings: &Settings) -> Option<Self> {
        let telemetry = settings.export.and_then(|protocol| Self::pipelines(name, protocol));
        let spans = telemetry.as_ref().map(|telemetry| {
            let layer = tracing_opentelemetry::layer().with_tracer(telemetry.traces.tracer(SCOPE));
            // Spans of libraries show how a request is sent, not why.
            let ours = filter_fn(|metadata| metadata.target().starts_with("shared"));
            layer
                .with_location(false)
                .with_threads(false)
                .with_filter(ours)
                .with_filter(LevelFilter::INFO)
        });
        let filter = EnvFilter::new(&settings.filter);
        // Only tests start a second time in a process.
        let _ = Registry::default()
            .with(spans)
            .with(lines(settings.format).with_filter(filter))
            .try_init();
        log_panics();
        telemetry
    }

    fn pipelines(name: &'static str, protocol: OtlpProtocol) -> Option<Self> {
        let resource = Resource::builder().with_service_name(name).build();
        let (spans, measures) = match protocol {
            OtlpProtocol::Http => (
                SpanExporter::builder().with_http().build(),
                MetricExporter::builder().with_http().build(),
            ),
            OtlpProtocol::Grpc => (
                SpanExporter::builder().with_tonic().build(),
                MetricExporter::builder().with_tonic().build(),
            ),
        };
        let (spans, measures) = (spans.map_err(refuse).ok()?, measures.map_err(refuse).ok()?);
        let traces = SdkTracerProvider::builder()
            .with_resource(resource.clone())
            .with_batch_exporter(Quiet::new(spans));
        let metrics =
            SdkMeterProvider::builder().with_resource(resource).with_periodic_exporter(measures);
        let telemetry = Self { traces: traces.build(), metrics: metrics.build() };
        global::set_text_map_propagator(TraceContextPropagator::new());
        global::set_tracer_provider(telemetry.traces.clone());
        global::set_meter_provider(telemetry.metrics.clone());
        watch_runtime();
        Some(telemetry)
    }

    /// Exports the remaining spans and metrics, within the timeout.
    pub(super) async fn stop(self) {
        // The failure of the collector has been logged already.
        let spans = spawn_blocking(move || self.traces.shutdown_with_timeout(FLUSH));
        let measures = spawn_blocking(move || self.metrics.shutdown_with_timeout(FLUSH));
        let _ = tokio::join!(spans, measures);
    }
}

/// Prints why there is no telemetry. Logging has not started yet.
fn refuse(error: impl std::error::Error) {
    eprintln!("no telemetry is exported: {error}");
}

/// Measures the load of the runtime, by [Tokio's stable metrics](https://docs.rs/tokio/latest/tokio/runtime/struct.RuntimeMetrics.html).
fn watch_runtime() {
    let (runtime, meter) = (Handle::current().metrics(), global::meter(SCOPE));
    let watched = runtime.clone();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    meter
        .u64_observable_gauge("tokio.tasks.alive")
        .with_unit("{task}")
        .with_callback(move |gauge| gauge.observe(count(watched.num_alive_tasks()), &[]))
        .build();
    meter
        .u64_observable_gauge("tokio.queue.depth")
        .with_unit("{task}")
        .with_callback(move |gauge| {
            gauge.observe(count(runtime.global_queue_depth()), &[KeyValue::new("queue", "global")]);
        })
        .build();
}

/// Log lines: text for people, JSON for machines, both with the ids of trace and span.
fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(
    format: LogFormat,
) -> Box<dyn Layer<S> + Send + Sync> {
    let terminal = io::stdout().is_terminal();
    let json = match format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines = tracing_subscriber::fmt::layer();
    let format = Format::default().with_target(false);
    if json {
        let format =
            format.json().flatten_event(true).with_current_span(true).with_span_list(false);
        lines.fmt_fields(JsonFields::new()).event_format(WithTrace::json(format)).boxed()
    } else {
        lines.with_ansi(terminal).event_format(WithTrace::text(format.with_ansi(terminal))).boxed()
    }
}

/// Logs panics, since alerts search the log.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        let why = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(panic.at = at, panic.why = why, "a task panicked");
    }));
}
