//! The process: listens on two ports of the loopback address, stops on SIGTERM or SIGINT.

use std::error::Error as _;
use std::io;
use std::iter::successors;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use mail_sink::Sink;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// `EX_USAGE` of sysexits: the command line is at fault.
const USAGE: u8 = 64;

/// Takes in every mail sent to 127.0.0.1, keeps it in memory and shows it.
///
/// SMTP needs no TLS and no login. Over HTTP, GET / is a page with the mails and GET /api/mails the
/// same as JSON; PUT /control/faults makes coming mails stall, be refused or stay unanswered.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Arguments {
    /// The port to take mail on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 1025)]
    smtp_port: u16,
    /// The port to show mail on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    http_port: u16,
}

/// Why the process ends with an error.
#[derive(Debug, Error)]
enum Failure {
    #[error("cannot listen on 127.0.0.1:{port}; {option} chooses another port")]
    Listen { port: u16, option: &'static str, source: io::Error },
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    #[error("cannot take mail")]
    Smtp(#[source] io::Error),
    #[error("cannot show mail")]
    Http(#[source] io::Error),
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
    match serve(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("mail-sink: {}", chain(&failure));
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let (smtp, smtp_address) = listen(arguments.smtp_port, "--smtp-port").await?;
    let (http, http_address) = listen(arguments.http_port, "--http-port").await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Signals)?;
    tracing::info!(
        %smtp_address,
        %http_address,
        "Taking mail at smtp://{smtp_address}, showing it at http://{http_address}"
    );
    let sink = Sink::default();
    // The mails end with the process, so there is nothing that a stop should wait for.
    tokio::select! {
        served = axum::serve(http, mail_sink::app(&sink)) => served.map_err(Failure::Http),
        served = mail_sink::serve_smtp(smtp, sink.clone()) => served.map_err(Failure::Smtp),
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
    }
}

async fn listen(port: u16, option: &'static str) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |source| Failure::Listen { port, option, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// The failure and its causes, on one line.
fn chain(failure: &Failure) -> String {
    let causes = successors(failure.source(), |cause| (*cause).source());
    causes.fold(failure.to_string(), |text, cause| format!("{text}: {cause}"))
}
