//! The exporter of spans: one warning when exports fail, and one span per workflow, however often it
//! replays.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The name of the workflow SDK's span of a workflow's turn.
const TURN: &str = "orchestration||";

/// The attribute that it sets only on the span of the last turn.
const ENDED: &str = "durabletask.runtime_status";

/// An exporter that logs once that it cannot export.
#[derive(Debug)]
pub(super) struct Quiet<E> {
    exporter: E,
    blocked: AtomicBool,
}

impl<E> Quiet<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self { exporter, blocked: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Quiet<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.retain(|span| !is_replay(span));
        let exported = self.exporter.export(batch).await;
        let was_blocked = self.blocked.swap(exported.is_err(), Ordering::Relaxed);
        if let Err(error) = &exported
            && !was_blocked
        {
            tracing::warn!(%error, "spans cannot be exported; they are dropped once the queue is full");
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

/// Whether a span is of a turn before a workflow's last: the next turn replays it.
fn is_replay(span: &SpanData) -> bool {
    let ended = || span.attributes.iter().any(|attribute| attribute.key.as_str() == ENDED);
    span.name.starts_with(TURN) && !ended()
}
