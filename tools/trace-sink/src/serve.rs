//! The process: listens on three ports of the loopback address, stops on SIGTERM or SIGINT.

use std::error::Error as _;
use std::io;
use std::iter::successors;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use trace_sink::Sink;

/// `EX_USAGE` of sysexits: the command line is at fault.
const USAGE: u8 = 64;

/// Takes in OpenTelemetry traces and metrics on 127.0.0.1, keeps them in memory and shows them.
///
/// OTLP needs no TLS and no login. GET / is a page with the traces; GET /api/traces and
/// GET /api/metrics are JSON; PUT /control/faults makes exporters hang or fail.
#[derive(Debug, Parser)]
#[command(version)]
#[expect(clippy::struct_field_names, reason = "the options are named after the fields")]
pub(crate) struct Arguments {
    /// The port to take OTLP over HTTP on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 4318)]
    otlp_http_port: u16,
    /// The port to take OTLP over gRPC on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 4317)]
    otlp_grpc_port: u16,
    /// The port to show traces on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 8088)]
    http_port: u16,
}

/// Why the process ends with an error.
#[derive(Debug, Error)]
enum Failure {
    #[error("cannot listen on 127.0.0.1:{port}; {option} chooses another port")]
    Listen { port: u16, option: &'static str, source: io::Error },
    #[error("cannot handle signals")]
    Signals(#[source] io::Error),
    #[error("cannot take OTLP over HTTP")]
    OtlpHttp(#[source] io::Error),
    #[error("cannot take OTLP over gRPC")]
    OtlpGrpc(#[source] io::Error),
    #[error("cannot show traces")]
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
            eprintln!("trace-sink: {}", chain(&failure));
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    let (otlp_http, otlp_http_address) =
        listen(arguments.otlp_http_port, "--otlp-http-port").await?;
    let (otlp_grpc, otlp_grpc_address) =
        listen(arguments.otlp_grpc_port, "--otlp-grpc-port").await?;
    let (http, http_address) = listen(arguments.http_port, "--http-port").await?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Signals)?;
    tracing::info!(
        %otlp_http_address,
        %otlp_grpc_address,
        %http_address,
        "Taking OTLP at http://{otlp_http_address} and, over gRPC, at http://{otlp_grpc_address}, \
         showing it at http://{http_address}"
    );
    let sink = Sink::default();
    // The traces end with the process, so there is nothing that a stop should wait for.
    tokio::select! {
        served = axum::serve(http, trace_sink::app(&sink)) => served.map_err(Failure::Http),
        served = axum::serve(otlp_http, trace_sink::otlp_http(&sink)) => {
            served.map_err(Failure::OtlpHttp)
        }
        served = axum::serve(otlp_grpc, trace_sink::otlp_grpc(&sink)) => {
            served.map_err(Failure::OtlpGrpc)
        }
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
