//! The process: listens on three ports of the loopback address, stops on SIGTERM or SIGINT.

use clap::Parser;
use stand_in::{Failure, listen, stop};
use trace_sink::Sink;

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

/// Serves until it is told to stop.
pub(crate) async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { otlp_http_port, otlp_grpc_port, http_port } = arguments;
    let (otlp_http, otlp_http_address) = listen(otlp_http_port, "--otlp-http-port").await?;
    let (otlp_grpc, otlp_grpc_address) = listen(otlp_grpc_port, "--otlp-grpc-port").await?;
    let (http, http_address) = listen(http_port, "--http-port").await?;
    let stop = stop()?;
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
        served = axum::serve(http, trace_sink::app(&sink)) => {
            served.map_err(Failure::to("show traces"))
        }
        served = axum::serve(otlp_http, trace_sink::otlp_http(&sink)) => {
            served.map_err(Failure::to("take OTLP over HTTP"))
        }
        served = axum::serve(otlp_grpc, trace_sink::otlp_grpc(&sink)) => {
            served.map_err(Failure::to("take OTLP over gRPC"))
        }
        () = stop => Ok(()),
    }
}
