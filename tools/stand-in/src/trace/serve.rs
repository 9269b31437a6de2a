//! The process: OTLP over HTTP on one port, and the pages and the API on another.

use crate::failure::Failure;
use crate::process::{self, listen, server};
use crate::trace::sink::Sink;
use crate::trace::{api, otlp, pages};
use crate::web::{ApiError, bounded, health};
use axum::Router;
use clap::Args;

/// The largest body read by the API, in bytes; a larger one is rejected with 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Receives OpenTelemetry traces and metrics on 127.0.0.1, stores them in memory and shows them.
///
/// OTLP needs no TLS and no login. GET / is a page with the traces; GET /api/traces and
/// GET /api/metrics are JSON; PUT /control/faults makes exports hang or fail.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port to receive OTLP over HTTP on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 4318)]
    otlp_http_port: u16,
    /// The port to show traces on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 8088)]
    http_port: u16,
}

/// Serves until it is signalled to stop.
///
/// # Errors
///
/// A port is taken, or a server fails.
pub async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { otlp_http_port, http_port } = arguments;
    let (otlp_http, otlp_http_address) = listen(otlp_http_port, "--otlp-http-port").await?;
    let (http, http_address) = listen(http_port, "--http-port").await?;
    let sink = Sink::default();
    let announce = || {
        tracing::info!(
            %otlp_http_address,
            %http_address,
            "Receiving OTLP at http://{otlp_http_address}, showing it at http://{http_address}"
        );
    };
    let servers = [
        server("show traces", axum::serve(http, app(&sink))),
        server("receive OTLP over HTTP", axum::serve(otlp_http, otlp::otlp_http(&sink))),
    ];
    process::serve(announce, servers).await
}

/// The pages, the API and the control paths of `sink`.
fn app(sink: &Sink) -> Router {
    let app =
        api::routes(sink).merge(pages::routes(sink)).merge(sink.faults().routes()).merge(health());
    bounded(app, MAX_BODY_BYTES, ApiError::unrecognized)
}
