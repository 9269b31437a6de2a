//! `bench-ceiling`: workflows, an actor and a route that do nothing, for `bench`, which starts it.

use clap::Parser;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Hosts what does nothing, as an app with a Dapr sidecar.
#[derive(Debug, Parser)]
#[command(version)]
struct Ceiling {
    /// The port that it serves.
    #[arg(long, env = "APP_PORT")]
    port: u16,
    /// The port of its sidecar's gRPC API.
    #[arg(long, env = "DAPR_GRPC_PORT")]
    sidecar: u16,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Ceiling { port, sidecar } = Ceiling::parse();
    let stop = CancellationToken::new();
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return ExitCode::FAILURE };
    let stopping = stop.clone();
    tokio::spawn(async move {
        terminate.recv().await;
        stopping.cancel();
    });
    match bench::ceiling::run(port, sidecar, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-ceiling: {error}");
            ExitCode::FAILURE
        }
    }
}
