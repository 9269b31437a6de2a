//! `local start`: everything, until it is told to stop.

use super::Build;
use super::signals::Signals;
use clap::Args;
use local::dapr::Choice;
use local::process::Process;
use local::progress::Progress;
use local::{Cluster, Credentials, LocalError, Options, Place};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;
use tokio::time::interval;

/// How often it is looked whether a process has died.
const LOOK_EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Start {
    /// Runs the Dapr that the project pins even when another is installed.
    #[arg(long)]
    pinned_dapr: bool,
    /// Runs on free ports, a Redis and a temporary folder of its own, beside any other shop; what it
    /// keeps is gone with it.
    #[arg(long)]
    private: bool,
    /// Traces nothing, and has no page of traces.
    #[arg(long)]
    no_traces: bool,
    /// Keeps credentials in a simulator of Azure Key Vault, and not in a file: for trying out their
    /// rotation, on Linux.
    #[arg(long)]
    key_vault: bool,
    #[command(flatten)]
    build: Build,
}

pub(crate) async fn start(start: Start) -> Result<(), LocalError> {
    let mut signals = Signals::listen()?;
    let options = Options {
        place: if start.private { Place::Private } else { Place::Workspace },
        dapr: if start.pinned_dapr { Choice::Pinned } else { Choice::Installed },
        traces: !start.no_traces,
        credentials: if start.key_vault { Credentials::KeyVault } else { Credentials::File },
        build: !start.build.no_build,
        progress: Progress::Shown,
        ..Options::default()
    };
    let Some(cluster) = signals.or_stop(Cluster::prepare(options)).await? else {
        tell("stopped before anything was started");
        return Ok(());
    };
    if signals.or_stop(cluster.rise()).await?.is_some() {
        let (shop, mail) = (cluster.gateway_url(), cluster.mail_url());
        let logs = cluster.folder().join("logs");
        let traces = cluster.traces_url().map(|url| format!("traces: {url}, ")).unwrap_or_default();
        println!(
            "saga-shop is ready: {shop} (mail: {mail}, {traces}logs: {}, Ctrl-C stops)",
            logs.display()
        );
        tokio::select! {
            () = signals.next() => {}
            () = report_deaths(&cluster) => {}
        }
    }
    tell("stopping; Ctrl-C again stops at once");
    tokio::select! {
        _ = cluster.stop() => {}
        () = signals.next() => {}
    }
    drop(cluster);
    tell("stopped");
    Ok(())
}

/// Tells of each process that dies; runs for ever. What is left runs on.
async fn report_deaths(cluster: &Cluster) {
    let mut told = BTreeSet::new();
    let mut looks = interval(LOOK_EVERY);
    loop {
        looks.tick().await;
        for process in cluster.processes() {
            if let Some(death) = death(process)
                && told.insert(process.name())
            {
                tell(&death);
            }
        }
    }
}

fn death(process: &Process) -> Option<String> {
    let (name, log) = (process.name(), process.log_file().display());
    process.ended().map(|status| format!("{name} died ({status}); the rest runs on; see {log}"))
}

/// A closed terminal is no reason to leave things unfinished.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "local: {text}");
}
