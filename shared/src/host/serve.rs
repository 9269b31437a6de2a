//! The life of a process: listen, serve, be told to stop, drain, end.

use super::settings::telemetry::Telemetry as TelemetrySettings;
use super::settings::{
    APP_API_TOKEN, APP_HOST, APP_PORT, DRAIN, InvalidSettings, Together, Variables,
};
use super::telemetry::Telemetry;
use super::{Service, Worker, router};
use crate::ports::{Chain, Failure};
use crate::sidecar::Sidecar;
use axum::Router;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What a process is told by its settings.
pub(super) struct Process {
    name: &'static str,
    address: SocketAddr,
    token: String,
    drain: Duration,
    telemetry: TelemetrySettings,
}

/// Why a process ends before it is told to.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("cannot listen on {address}; APP_HOST and APP_PORT choose another address")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    #[error("cannot serve")]
    Serve(#[source] io::Error),
    #[error("cannot work")]
    Work(#[source] Failure),
    #[error("some requests did not end within {} seconds", drain.as_secs())]
    Drain { drain: Duration },
}

impl Process {
    pub(super) fn read(
        name: &'static str,
        variables: &impl Variables,
    ) -> Result<Self, InvalidSettings> {
        let address = (APP_HOST.read(variables), APP_PORT.read(variables)).together();
        let token = APP_API_TOKEN.read(variables);
        let drain = DRAIN.read(variables);
        let telemetry = TelemetrySettings::read(variables);
        let (address, token, drain, telemetry) = (address, token, drain, telemetry).together()?;
        Ok(Self { name, address: address.into(), token, drain, telemetry })
    }

    pub(super) async fn run(self, service: Service, sidecar: Sidecar) -> ExitCode {
        let telemetry = Telemetry::start(self.name, &self.telemetry);
        let lived = self.live(service, sidecar).await;
        if let Some(telemetry) = telemetry {
            telemetry.stop().await;
        }
        match lived {
            Ok(()) => ExitCode::SUCCESS,
            Err(broken) => {
                tracing::error!(function = self.name, error = %Chain(&broken), "the function ends");
                ExitCode::FAILURE
            }
        }
    }

    async fn live(&self, mut service: Service, sidecar: Sidecar) -> Result<(), RunError> {
        let stop = CancellationToken::new();
        let worker = service.worker.take();
        let hosts_workflows = worker.is_some();
        let stopping = stop.clone();
        let ready = move || {
            let (sidecar, stopping) = (sidecar.clone(), stopping.clone());
            async move { !stopping.is_cancelled() && sidecar.ready(hosts_workflows).await }
        };
        let router = router::with_middleware(service, self.token.clone(), ready);
        let shutdown_signal = shutdown_signal()?;
        let listener = self.listen().await?;
        let version = env!("CARGO_PKG_VERSION");
        tracing::info!(function = self.name, version, address = %self.address, "the function starts");
        let mut work = pin!(work(listener, router, worker, stop.clone()));
        tokio::select! {
            ended = &mut work => return ended,
            () = shutdown_signal => stop.cancel(),
        }
        tracing::info!(function = self.name, "the function stops");
        timeout(self.drain, work).await.unwrap_or(Err(RunError::Drain { drain: self.drain }))
    }

    async fn listen(&self) -> Result<TcpListener, RunError> {
        let listen = TcpListener::bind(self.address).await;
        listen.map_err(|source| RunError::Listen { address: self.address, source })
    }
}

/// Serves requests and runs the worker until `stop` is cancelled and all of it has ended.
async fn work(
    listener: TcpListener,
    router: Router,
    worker: Option<Worker>,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let serve =
        axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let serve = async { serve.await.map_err(RunError::Serve) };
    let run = async {
        match worker {
            Some(worker) => worker(stop).await.map_err(RunError::Work),
            None => Ok(()),
        }
    };
    tokio::try_join!(serve, run).map(|_| ())
}

/// SIGTERM, as platforms send it, or SIGINT, as terminals do. Listening for them begins at once.
fn shutdown_signal() -> Result<impl Future<Output = ()>, RunError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(RunError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(RunError::Signals)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
