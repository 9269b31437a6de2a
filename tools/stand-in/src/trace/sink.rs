//! The sink: all state behind one lock, and the fault in force.

use crate::trace::faults::Faults;
use crate::trace::id::TraceId;
use crate::trace::metrics::Metrics;
use crate::trace::span::KeptSpan;
use crate::trace::traces::Traces;
use crate::trace::{attributes, points};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on the traces, the metrics and the fault in force; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    faults: Faults,
}

/// Everything that exports change.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) traces: Traces,
    pub(crate) metrics: Metrics,
}

impl Sink {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("no code panics while it holds the state")
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The spans of a trace in the order of their starts.
    pub(crate) fn spans(&self, trace: TraceId) -> Option<Vec<Arc<KeptSpan>>> {
        self.state().traces.trace(trace).map(|trace| trace.spans_by_start().cloned().collect())
    }

    /// Keeps the spans whose ids are valid.
    pub(crate) fn keep_traces(
        &self,
        request: ExportTraceServiceRequest,
    ) -> ExportTraceServiceResponse {
        let mut rejected_spans = 0;
        let mut spans = Vec::new();
        for batch in request.resource_spans {
            let service: Arc<str> = attributes::service(batch.resource).into();
            for span in batch.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                match KeptSpan::read(Arc::clone(&service), span) {
                    Some(span) => spans.push(span),
                    None => rejected_spans += 1,
                }
            }
        }
        let mut state = self.state();
        for span in spans {
            state.traces.keep(span);
        }
        let partial_success = (rejected_spans > 0).then(|| ExportTracePartialSuccess {
            rejected_spans,
            error_message: "an id is missing, zero or of the wrong length".to_owned(),
        });
        ExportTraceServiceResponse { partial_success }
    }

    /// Keeps the points whose series is known or still has room.
    pub(crate) fn keep_metrics(
        &self,
        request: ExportMetricsServiceRequest,
    ) -> ExportMetricsServiceResponse {
        let mut rejected_data_points = 0;
        let mut state = self.state();
        for batch in request.resource_metrics {
            let service = attributes::service(batch.resource);
            for metric in batch.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                for point in points::read(&service, metric) {
                    if state.metrics.keep(point).is_err() {
                        rejected_data_points += 1;
                    }
                }
            }
        }
        let partial_success = (rejected_data_points > 0).then(|| ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message: "there are too many series".to_owned(),
        });
        ExportMetricsServiceResponse { partial_success }
    }
}
