//! The process: its command line, its listeners, the signals that stop it, and its exit code.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::{Failure, USAGE};

/// Lives from the command line to the exit code, and logs to stderr meanwhile.
///
/// The exit code is 64 for a wrong command line, else 1 for whatever makes `serve` fail, which is
/// told under the program's name.
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
    let attempt = format!("listen on 127.0.0.1:{port}; {option} chooses another port");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let bound = listener.and_then(|listener| listener.local_addr().map(|at| (listener, at)));
    bound.map_err(Failure::to(attempt))
}

/// From now on, SIGTERM and SIGINT do not end the process, but what is returned.
///
/// # Errors
///
/// Signals cannot be handled.
pub fn stop() -> Result<impl Future<Output = ()>, Failure> {
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
