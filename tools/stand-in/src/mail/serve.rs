//! The process: SMTP on one port, pages and API on another.

use crate::failure::Failure;
use crate::mail::sink::Sink;
use crate::mail::{api, pages, smtp};
use crate::process::{self, listen_on, server};
use crate::web::{ApiError, bounded, health};
use axum::Router;
use clap::Args;
use std::net::Ipv4Addr;

/// The largest HTTP request body read, in bytes; a larger one is rejected with 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// Receives every mail, stores it in memory and shows it.
///
/// SMTP needs no TLS and no login. Over HTTP, GET / is a page with the mails and GET /api/mails the
/// same as JSON; PUT /control/faults makes the next mails stall, be rejected or get no reply.
#[derive(Debug, Args)]
pub struct Arguments {
    /// The port to receive mail on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 1025)]
    smtp_port: u16,
    /// The port to show mail on; 0 takes a free one, which the start line names.
    #[arg(long, value_name = "PORT", default_value_t = 8025)]
    http_port: u16,
    /// The address to listen on. Callers are not authenticated: another than loopback only where a network
    /// policy admits them.
    #[arg(long, default_value_t = Ipv4Addr::LOCALHOST)]
    address: Ipv4Addr,
}

/// Serves until it is signalled to stop.
///
/// # Errors
///
/// A port is taken, or a server fails.
pub async fn serve(Arguments { smtp_port, http_port, address }: Arguments) -> Result<(), Failure> {
    let (smtp, smtp_address) = listen_on(address, smtp_port, "--smtp-port").await?;
    let (http, http_address) = listen_on(address, http_port, "--http-port").await?;
    let sink = Sink::default();
    let announce = || {
        tracing::info!(
            %smtp_address,
            %http_address,
            "Receiving mail at smtp://{smtp_address}, showing it at http://{http_address}"
        );
    };
    let servers = [
        server("show mail", axum::serve(http, app(&sink))),
        server("receive mail", smtp::serve_smtp(smtp, sink)),
    ];
    process::serve(announce, servers).await
}

/// The pages, the API and the control paths of `sink`.
fn app(sink: &Sink) -> Router {
    let app =
        api::routes(sink).merge(pages::routes(sink)).merge(sink.faults().routes()).merge(health());
    bounded(app, MAX_BODY_BYTES, ApiError::unrecognized)
}
