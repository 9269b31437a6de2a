//! The signals that ask a process to stop.

use local::LocalError;
use std::future::Future;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, as Ctrl-C sends it, SIGTERM and SIGHUP, from now on.
pub(crate) struct Signals([Signal; 3]);

impl Signals {
    pub(crate) fn listen() -> Result<Self, LocalError> {
        let listen = |kind| {
            let failed = |source| LocalError::Run { program: "signal handlers".to_owned(), source };
            signal(kind).map_err(failed)
        };
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(listen);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// What `work` comes to; nothing, when a signal comes first. What it has begun is then dropped.
    pub(crate) async fn or_stop<T>(
        &mut self,
        work: impl Future<Output = Result<T, LocalError>>,
    ) -> Result<Option<T>, LocalError> {
        tokio::select! {
            done = work => done.map(Some),
            () = self.next() => Ok(None),
        }
    }
}

/// What `work` comes to; nothing, when a signal comes first.
pub(crate) async fn or_told_to_stop<T>(
    work: impl Future<Output = Result<T, LocalError>>,
) -> Result<Option<T>, LocalError> {
    Signals::listen()?.or_stop(work).await
}
