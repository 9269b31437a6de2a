//! The sink: all state behind one lock, and the fault plan.

use crate::trace::attributes;
use crate::trace::faults::Faults;
use crate::trace::metrics::{MAX_SERIES, Metrics};
use crate::trace::span::Span;
use crate::trace::traces::Traces;
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use std::sync::{Arc, Mutex, MutexGuard};

/// A handle on the traces, the metrics and the fault plan; clones share them.
#[derive(Clone, Default)]
pub(crate) struct Sink(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    faults: Faults,
}

/// The state that exports change.
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

    /// Stores the spans whose ids are valid.
    pub(crate) fn store_traces(
        &self,
        request: ExportTraceServiceRequest,
    ) -> ExportTraceServiceResponse {
        let mut rejected_spans = 0;
        let mut state = self.state();
        for batch in request.resource_spans {
            let service = attributes::service(batch.resource);
            for span in batch.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                match Span::read(&service, span) {
                    Some((trace_id, span)) => state.traces.store(trace_id, span),
                    None => rejected_spans += 1,
                }
            }
        }
        let partial_success = (rejected_spans > 0).then(|| ExportTracePartialSuccess {
            rejected_spans,
            error_message: "an id is missing, zero or of the wrong length".to_owned(),
        });
        ExportTraceServiceResponse { partial_success }
    }

    /// Stores the points of the kinds that [`Metrics`] adds up, in a bounded number of series.
    pub(crate) fn store_metrics(
        &self,
        request: ExportMetricsServiceRequest,
    ) -> ExportMetricsServiceResponse {
        let mut rejected_data_points = 0;
        let mut state = self.state();
        for batch in request.resource_metrics {
            let service = attributes::service(batch.resource);
            for metric in batch.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                rejected_data_points += state.metrics.store(&service, metric);
            }
        }
        let partial_success = (rejected_data_points > 0).then(|| ExportMetricsPartialSuccess {
            rejected_data_points,
            error_message: format!(
                "sums and histograms must be deltas, numbers integers, series at most {MAX_SERIES}"
            ),
        });
        ExportMetricsServiceResponse { partial_success }
    }
}
