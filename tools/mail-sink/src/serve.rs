//! The process: listens on two ports of the loopback address, stops on SIGTERM or SIGINT.

use clap::Parser;
use mail_sink::Sink;
use stand_in::{Failure, listen, stop};

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

/// Serves until it is told to stop.
pub(crate) async fn serve(Arguments { smtp_port, http_port }: Arguments) -> Result<(), Failure> {
    let (smtp, smtp_address) = listen(smtp_port, "--smtp-port").await?;
    let (http, http_address) = listen(http_port, "--http-port").await?;
    let stop = stop()?;
    tracing::info!(
        %smtp_address,
        %http_address,
        "Taking mail at smtp://{smtp_address}, showing it at http://{http_address}"
    );
    let sink = Sink::default();
    // The mails end with the process, so there is nothing that a stop should wait for.
    tokio::select! {
        served = axum::serve(http, mail_sink::app(&sink)) => {
            served.map_err(Failure::to("show mail"))
        }
        served = mail_sink::serve_smtp(smtp, sink.clone()) => {
            served.map_err(Failure::to("take mail"))
        }
        () = stop => Ok(()),
    }
}
