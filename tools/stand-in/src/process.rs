//! The process: its command line, its listeners, the signals that stop it, and its exit code.

use crate::failure::{Failure, USAGE};
use clap::Parser;
use futures::future::select_all;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Runs a program: reads its command line, serves, and returns its exit code. It logs to stderr.
///
/// The exit code is 64 for a wrong command line, and 1 for anything else that makes `serve` fail; the
/// failure is written to stderr under the program's name.
pub async fn run<A: Parser>(serve: impl AsyncFnOnce(A) -> Result<(), Failure>) -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    let arguments = match A::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => {
            let code = if help_or_error.use_stderr() { USAGE } else { 0 };
            return help_or_error.print().map_or(ExitCode::FAILURE, |()| ExitCode::from(code));
        }
    };
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {}", A::command().get_name(), failure.line());
            ExitCode::from(failure.exit_code)
        }
    }
}

/// Listens on the loopback address; port 0 takes a free one. `option` is how to choose another port.
///
/// # Errors
///
/// The port is taken or forbidden.
pub async fn listen(port: u16, option: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    listen_on(Ipv4Addr::LOCALHOST, port, option).await
}

/// Listens likewise on another address.
///
/// # Errors
///
/// The port is taken or forbidden, or the address is not this machine's.
pub async fn listen_on(
    address: Ipv4Addr,
    port: u16,
    option: &str,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let attempt = format!("listen on {address}:{port}; {option} chooses another port");
    let listener = TcpListener::bind((address, port)).await;
    let bound = listener.and_then(|listener| listener.local_addr().map(|at| (listener, at)));
    bound.map_err(Failure::to(attempt))
}

/// A running server: it ends only with a failure.
pub type Server = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// A server whose failure is reported as not being able to `purpose`.
pub fn server<S>(purpose: &'static str, serving: S) -> Server
where
    S: IntoFuture<Output = io::Result<()>, IntoFuture: Send + 'static>,
{
    let serving = serving.into_future();
    Box::pin(async move { serving.await.map_err(Failure::to(purpose)) })
}

/// Runs `servers` until SIGTERM or SIGINT. `announce` logs the start line, from which on a signal is
/// handled.
///
/// A stand-in stores nothing beyond its process, so a stop waits for nothing.
///
/// # Errors
///
/// Signals cannot be handled, or a server fails.
pub async fn serve(
    announce: impl FnOnce(),
    servers: impl IntoIterator<Item = Server>,
) -> Result<(), Failure> {
    let stopped = stop_signal()?;
    announce();
    tokio::select! {
        (served, ..) = select_all(servers) => served,
        () = stopped => Ok(()),
    }
}

/// From now on, SIGTERM and SIGINT do not end the process but complete the future.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let handle = |kind| signal(kind).map_err(Failure::to("handle signals"));
    let mut terminate = handle(SignalKind::terminate())?;
    let mut interrupt = handle(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
