//! The command line.

mod backlog;
mod dead_letter;
mod load;
mod rebuild_index;
mod start;

use clap::{Args, Parser, Subcommand};
use local::dapr::{Choice, Dapr};
use local::guard::Guard;
use local::progress::Progress;
use local::{LocalError, ports, signals, workspace};
use std::error::Error;
use std::iter::successors;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// `EX_USAGE` of sysexits.h: the command line is invalid.
const USAGE: u8 = 64;

/// Runs the shop on this machine.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Local {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Starts everything: Dapr, Redis, the payment simulator and every function. Ctrl-C stops it.
    ///
    /// Missing programs are built first. An installed Dapr 1.16 or newer, on PATH or in ~/.dapr/bin, and a
    /// Redis at port 6379 are used if there are any. Data, logs and secrets are in the workspace's folder
    /// `.local`.
    Start(start::Start),
    /// Builds the Dapr that the project pins, unless it is built, and prints its folder.
    Dapr,
    /// Runs only the payment simulator, for `dapr run -f dapr.yaml`.
    ///
    /// Creates `.local/secrets.json` if it is missing: run this first.
    Simulator(Simulator),
    /// Measures the throughput of orders, with and without telemetry.
    Load(load::Measure),
    /// Lists dead letters, and resends or drops them.
    DeadLetter(dead_letter::DeadLetterTask),
    /// Rebuilds the lists of orders of a running shop from the orders' documents.
    RebuildIndex(rebuild_index::RebuildIndex),
}

#[derive(Debug, Args)]
struct Simulator {
    #[command(flatten)]
    build: Build,
}

#[derive(Debug, Args)]
struct Build {
    /// Runs the programs without building them first.
    #[arg(long)]
    no_build: bool,
}

/// Runs the task of the command line.
pub(crate) async fn run(local: Local) -> ExitCode {
    let done = match local.command {
        Task::Start(start) => start::start(start).await,
        Task::Dapr => dapr().await,
        Task::Load(measure) => load::run(measure).await,
        Task::DeadLetter(task) => dead_letter::run(task).await,
        Task::RebuildIndex(task) => rebuild_index::run(task).await,
        Task::Simulator(Simulator { build }) => simulator(&build).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("local: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Prints the help, the version or the error of an invalid command line.
pub(crate) fn explain(help_or_error: &clap::Error) -> ExitCode {
    let code = if help_or_error.use_stderr() { USAGE } else { 0 };
    help_or_error.print().map_or(ExitCode::FAILURE, |()| ExitCode::from(code))
}

async fn dapr() -> Result<(), LocalError> {
    let (guard, root) = (Guard::start()?, workspace::root());
    let find = Dapr::find(Choice::Pinned, &root, &guard, Progress::Shown);
    signals::until_signal(find).await?;
    Ok(())
}

async fn simulator(build: &Build) -> Result<(), LocalError> {
    let (root, binaries) = (workspace::root(), workspace::binaries());
    if !build.no_build {
        let build = workspace::build(&root, &binaries, Progress::Shown);
        if signals::until_signal(build).await?.is_none() {
            return Ok(());
        }
    }
    let secrets = root.join(".local/secrets.json");
    local::make_secrets(&secrets)?;
    let mut simulator = Command::new(binaries.join("stand-in"));
    let port = ports::SIMULATOR.to_string();
    simulator.args(["payment", "--port", &port, "--secrets-file"]).arg(secrets);
    // Replaces this process by the simulator, with its signals and exit code.
    Err(LocalError::Run { program: "stand-in".to_owned(), source: simulator.exec() })
}

/// The error and its causes.
fn chain(error: &LocalError) -> String {
    let causes = successors(error.source(), |cause| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory;
        Local::command().debug_assert();
    }

    #[test]
    fn an_error_names_its_causes() {
        let source = io::Error::other("out of disk");
        let error = LocalError::Run { program: "program".to_owned(), source };
        assert_eq!(chain(&error), "cannot run program: out of disk");
    }
}
