//! Restarts a sidecar that does not let the worker connect.

use super::Sidecar;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How often the connection of the worker is checked.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// The longest that a sidecar which otherwise works may be without the worker, which connects within
/// seconds.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// Shuts `sidecar` down once it has had no worker for `limit`, so that its platform starts it again. Never
/// returns.
///
/// A worker that was lost in the middle of a turn can leave Dapr 1.18 waiting for the end of a turn that it
/// handed to nobody, while it holds the lock that the next worker needs to connect (`HaltAll` in
/// `pkg/actors/targets/workflow/orchestrator/factory.go`): only a restart of the sidecar ends that.
pub(super) async fn watch(sidecar: Sidecar, every: Duration, limit: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut alone = None;
    loop {
        ticks.tick().await;
        if sidecar.has_worker().await != Some(false) {
            alone = None;
        } else if alone.get_or_insert_with(Instant::now).elapsed() >= limit {
            tracing::error!(
                ?limit,
                "the sidecar has not let the worker connect for too long, and is shut down to be started again"
            );
            sidecar.shut_down().await;
            alone = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{no_sidecar, sidecar_at};
    use axum::routing::{get, post};
    use axum::{Json, Router};
    use serde_json::json;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(5);

    /// A sidecar's metadata with so many workers, and a report of each shutdown.
    async fn fake_sidecar(workers: Arc<AtomicU64>) -> (Sidecar, mpsc::UnboundedReceiver<()>) {
        let (report, shutdowns) = mpsc::unbounded_channel();
        let metadata = move || async move {
            Json(json!({"workflows": {"connectedWorkers": workers.load(Ordering::Relaxed)}}))
        };
        let shutdown = move || async move { report.send(()).unwrap_or_default() };
        let router = Router::new()
            .route("/v1.0/metadata", get(metadata))
            .route("/v1.0/shutdown", post(shutdown));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (sidecar_at(port), shutdowns)
    }

    #[tokio::test]
    async fn a_sidecar_without_a_worker_is_shut_down_after_the_limit() {
        let (sidecar, mut shutdowns) = fake_sidecar(Arc::new(AtomicU64::new(0))).await;
        let began = Instant::now();
        let watching = tokio::spawn(watch(sidecar, SOON, SOON * 20));
        shutdowns.recv().await.expect("it is shut down");
        assert!(began.elapsed() >= SOON * 20, "not before");
        watching.abort();
    }

    #[tokio::test]
    async fn a_sidecar_with_a_worker_or_that_is_away_is_left_alone() {
        let (sidecar, mut shutdowns) = fake_sidecar(Arc::new(AtomicU64::new(1))).await;
        for sidecar in [sidecar, no_sidecar()] {
            let watched = timeout(SOON * 20, watch(sidecar, SOON, Duration::ZERO)).await;
            assert!(watched.is_err(), "it is watched without end");
        }
        assert!(shutdowns.try_recv().is_err());
    }
}
