//! The process: reads its key, listens on the loopback address, stops on SIGTERM or SIGINT.

use std::error::Error as _;
use std::io;
use std::iter::successors;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::secrets::{self, SecretsError};

/// `EX_USAGE` of sysexits: the command line or the secrets file is at fault.
const USAGE: u8 = 64;

/// Simulates the payment provider on 127.0.0.1: Stripe's wire format for payment intents, refunds
/// and the rotation of API keys, kept in memory.
///
/// PUT /control/faults makes coming calls stall or fail; GET /control/ledger shows what was charged
/// and refunded; GET /control/keys shows the API keys, never a token, PUT /control/keys holds new
/// ones back, and DELETE /control/keys/ID ends one. Keys made by rotation end with the process.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// The port to listen on; 0 takes a free one, which the start line names.
    #[arg(long, default_value_t = 8090)]
    port: u16,
    /// A JSON file that holds {"payment-api-key": "KEY"}, the first key that callers may show;
    /// its id is `mk_first`.
    #[arg(long, value_name = "PATH")]
    secrets_file: PathBuf,
}

/// Why the process ends with an error.
#[derive(Debug, Error)]
enum Failure {
    #[error("cannot use the secrets file {}", path.display())]
    Secrets { path: PathBuf, source: SecretsError },
    #[error("cannot listen on 127.0.0.1:{port}; --port chooses another port")]
    Listen { port: u16, source: io::Error },
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    #[error("cannot serve")]
    Serve(#[source] io::Error),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Secrets { .. } => ExitCode::from(USAGE),
            Self::Listen { .. } | Self::Signals(_) | Self::Serve(_) => ExitCode::FAILURE,
        }
    }
}

/// Lives from the command line to the exit code.
pub(crate) async fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(help_or_error) => {
            let code = if help_or_error.use_stderr() { USAGE } else { 0 };
            return help_or_error.print().map_or(ExitCode::FAILURE, |()| ExitCode::from(code));
        }
    };
    match serve(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("payment-simulator: {}", chain(&failure));
            failure.exit_code()
        }
    }
}

async fn serve(Arguments { port, secrets_file: path }: Arguments) -> Result<(), Failure> {
    let api_key = secrets::api_key(&path).map_err(|source| Failure::Secrets { path, source })?;
    let listen = |source| Failure::Listen { port, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Signals)?;
    tracing::info!(%address, "Simulating the payment provider at http://{address}");
    // The ledger ends with the process, so there is nothing that a stop should wait for.
    tokio::select! {
        served = axum::serve(listener, payment_simulator::app(api_key)) => {
            served.map_err(Failure::Serve)
        }
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

/// The failure and its causes, on one line.
fn chain(failure: &Failure) -> String {
    let causes = successors(failure.source(), |cause| (*cause).source());
    causes.fold(failure.to_string(), |text, cause| format!("{text}: {cause}"))
}
