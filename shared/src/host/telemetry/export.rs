//! The way out for spans: one warning when it is blocked, and one span for a workflow, however
//! often it replays.

use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use std::fmt::Debug;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What the workflow SDK calls the span that it makes for every turn of a workflow.
const TURN: &str = "orchestration||";

/// What it notes on the span of the last turn alone.
const ENDED: &str = "durabletask.runtime_status";

/// An exporter that says once that it cannot export.
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
            tracing::warn!(%error, "spans cannot be exported; those that are too many are dropped");
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

/// Whether a span is of a turn that was not a workflow's last: the next one replays it.
fn is_replay(span: &SpanData) -> bool {
    let ended = || span.attributes.iter().any(|attribute| attribute.key.as_str() == ENDED);
    span.name.starts_with(TURN) && !ended()
}
