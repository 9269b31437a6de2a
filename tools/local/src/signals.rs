//! The signals that ask a process to stop.

use crate::LocalError;
use std::future::Future;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT (Ctrl-C), SIGTERM and SIGHUP.
pub struct Signals([Signal; 3]);

impl Signals {
    /// Handles the signals from now on.
    ///
    /// # Errors
    /// When that is impossible.
    pub fn listen() -> Result<Self, LocalError> {
        let listen = |kind| {
            let failed = |source| LocalError::Run { program: "signal handlers".to_owned(), source };
            signal(kind).map_err(failed)
        };
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(listen);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// The result of `work`; None when a signal arrives first, and `work` is cancelled.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn until_signal<T, E>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<Option<T>, E> {
        tokio::select! {
            done = work => done.map(Some),
            () = self.next() => Ok(None),
        }
    }
}

/// The result of `work`; None when a signal arrives first, and `work` is cancelled.
///
/// # Errors
/// Those of `work`, and when signals cannot be handled.
pub async fn until_signal<T>(
    work: impl Future<Output = Result<T, LocalError>>,
) -> Result<Option<T>, LocalError> {
    Signals::listen()?.until_signal(work).await
}
