//! The life cycle of a process: listen, serve, receive a signal, wait for the sidecar's end, drain, exit.

use super::settings::telemetry::Telemetry as TelemetrySettings;
use super::settings::{
    APP_API_TOKEN, APP_HOST, APP_PORT, DRAIN, InvalidSettings, PROBLEM_BASE, STOP_WAIT, Together,
    Variables,
};
use super::telemetry::Telemetry;
use super::{Service, Setup, Worker, connections, router};
use crate::http::problem;
use crate::ports::{Chain, Failure};
use crate::sidecar::Sidecar;
use axum::Router;
use futures::future::BoxFuture;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The interval between two checks whether the sidecar has stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The settings of a process.
pub(super) struct Process {
    name: &'static str,
    address: SocketAddr,
    token: String,
    /// The longest wait for the sidecar's end.
    stop_wait: Duration,
    drain: Duration,
    problem_base: String,
    telemetry: TelemetrySettings,
}

/// An error that ends the process.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("cannot listen on {address}; APP_HOST and APP_PORT choose another address")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    #[error("cannot serve")]
    Serve(#[source] io::Error),
    #[error("the worker failed")]
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
        let stop = (STOP_WAIT.read(variables), DRAIN.read(variables)).together();
        let telemetry = TelemetrySettings::read(variables);
        let problem_base = PROBLEM_BASE.read(variables);
        let (address, token, (stop_wait, drain), problem_base, telemetry) =
            (address, token, stop, problem_base, telemetry).together()?;
        let address = address.into();
        Ok(Self { name, address, token, stop_wait, drain, problem_base, telemetry })
    }

    pub(super) async fn run(self, service: Service, setup: Setup) -> ExitCode {
        let telemetry = Telemetry::start(self.name, &self.telemetry);
        problem::name_types_after(self.problem_base.clone());
        let lived = self.live(service, setup).await;
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

    async fn live(&self, mut service: Service, setup: Setup) -> Result<(), RunError> {
        let Setup { sidecar, stopping } = setup;
        let drain = CancellationToken::new();
        let (worker, tasks) = (service.worker.take(), service.tasks.clone());
        let ready = readiness(sidecar.clone(), worker.is_some(), stopping.clone());
        let router = router::with_middleware(service, self.token.clone(), ready);
        let mut signals = Signals::listen()?;
        connections::raise_file_limit();
        let listener = self.listen().await?;
        let version = env!("CARGO_PKG_VERSION");
        tracing::info!(function = self.name, version, address = %self.address, "the function starts");
        let mut work = pin!(work(listener, router, worker, tasks, drain.clone()));
        tokio::select! {
            ended = &mut work => return ended,
            () = signals.next() => stopping.cancel(),
        }
        tracing::info!(function = self.name, "the function stops");
        tokio::select! {
            ended = &mut work => return ended,
            () = gone(&sidecar, self.stop_wait) => {}
            () = signals.next() => {}
        }
        drain.cancel();
        timeout(self.drain, work).await.unwrap_or(Err(RunError::Drain { drain: self.drain }))
    }

    async fn listen(&self) -> Result<TcpListener, RunError> {
        let listen = TcpListener::bind(self.address).await;
        listen.map_err(|source| RunError::Listen { address: self.address, source })
    }
}

/// Whether the function is ready: not once it is stopping.
fn readiness(
    sidecar: Sidecar,
    hosts_workflows: bool,
    stopping: CancellationToken,
) -> impl Fn() -> BoxFuture<'static, bool> + Clone {
    move || {
        let (sidecar, stopping) = (sidecar.clone(), stopping.clone());
        Box::pin(async move { !stopping.is_cancelled() && sidecar.ready(hosts_workflows).await })
    }
}

/// Waits until the sidecar has ended, for at most `limit`. Until then others may call this function
/// through it, and it owns workflows.
async fn gone(sidecar: &Sidecar, limit: Duration) {
    let mut polls = interval(POLL_INTERVAL);
    let look = async {
        polls.tick().await;
        while !sidecar.gone().await {
            polls.tick().await;
        }
    };
    if !limit.is_zero() && timeout(limit, look).await.is_err() {
        tracing::warn!(
            seconds = limit.as_secs(),
            "the sidecar is still running; the function drains"
        );
    }
}

/// Serves requests and runs the worker until `stop` is cancelled and they and `tasks` have ended.
async fn work(
    listener: TcpListener,
    router: Router,
    worker: Option<Worker>,
    tasks: TaskTracker,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let serve = connections::serve(listener, router, connections::BOUNDS, stop.clone());
    let serve = async { serve.await.map_err(RunError::Serve) };
    let run = async {
        match worker {
            Some(worker) => worker(stop).await.map_err(RunError::Work),
            None => Ok(()),
        }
    };
    tokio::try_join!(serve, run)?;
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// SIGTERM, which platforms send, and SIGINT, which terminals send. A second one shortens the stop.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Starts listening immediately.
    fn listen() -> Result<Self, RunError> {
        let listen = |kind| signal(kind).map_err(RunError::Signals);
        let terminate = listen(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sidecar that only accepts connections on its ports.
    async fn listening() -> (Sidecar, [TcpListener; 2]) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let bind = async || TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let ports = [bind().await, bind().await];
        let [http, grpc] = ports.each_ref().map(|port| port.local_addr().unwrap().port());
        (Sidecar::new(http, grpc), ports)
    }

    #[tokio::test]
    async fn a_process_waits_until_both_ports_of_its_sidecar_are_closed() {
        let (sidecar, [http, grpc]) = listening().await;
        let waiting = sidecar.clone();
        let wait = tokio::spawn(async move { gone(&waiting, Duration::from_mins(1)).await });
        drop(http);
        assert!(!sidecar.gone().await && !wait.is_finished());
        drop(grpc);
        timeout(Duration::from_secs(10), wait).await.unwrap().unwrap();
        assert!(sidecar.gone().await);
    }

    #[tokio::test]
    async fn a_sidecar_that_stays_is_waited_for_no_longer_than_the_limit() {
        let (sidecar, _ports) = listening().await;
        gone(&sidecar, Duration::from_millis(50)).await;
        gone(&sidecar, Duration::ZERO).await;
        assert!(!sidecar.gone().await);
    }

    #[tokio::test]
    async fn a_process_that_stops_is_not_ready() {
        let (sidecar, _ports) = listening().await;
        let stopping = CancellationToken::new();
        let ready = readiness(sidecar, false, stopping.clone());
        stopping.cancel();
        assert!(!ready().await);
    }
}
