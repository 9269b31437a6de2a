//! The command line.

mod backlog;
mod dead_letter;
mod load;
mod signals;
mod start;

use clap::{Args, Parser, Subcommand};
use local::dapr::{Choice, Dapr};
use local::guard::Guard;
use local::progress::Progress;
use local::{LocalError, ports, workspace};
use std::error::Error;
use std::iter::successors;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// `EX_USAGE` of sysexits.h: the command line is at fault.
const USAGE: u8 = 64;

/// Brings the shop up on this machine.
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
    /// What is missing is built first. A Dapr 1.16 or newer on PATH or in ~/.dapr/bin is used if
    /// there is one, and so is a Redis at port 6379. Data, logs and secrets are in the folder
    /// `.local` of the workspace.
    Start(start::Start),
    /// Builds the Dapr that the project pins, unless that is done, and says where it is.
    Dapr,
    /// Runs the payment simulator alone, beside `dapr run -f dapr.yaml`.
    ///
    /// Makes `.local/secrets.json` where it is missing: run this first.
    Simulator(Simulator),
    /// Measures how fast orders go, with and without telemetry.
    Load(load::Measure),
    /// Lists the messages that functions could not deal with, and sends them again.
    DeadLetter(dead_letter::DeadLetterTask),
}

#[derive(Debug, Args)]
struct Simulator {
    #[command(flatten)]
    build: Build,
}

#[derive(Debug, Args)]
struct Build {
    /// Runs the programs as they are, without building them first.
    #[arg(long)]
    no_build: bool,
}

/// Carries out what the command line says.
pub(crate) async fn run(local: Local) -> ExitCode {
    let done = match local.command {
        Task::Start(start) => start::start(start).await,
        Task::Dapr => dapr().await,
        Task::Load(measure) => load::run(measure).await,
        Task::DeadLetter(task) => dead_letter::run(task).await,
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

/// Shows help, a version or what is wrong with the command line.
pub(crate) fn explain(help_or_error: &clap::Error) -> ExitCode {
    let code = if help_or_error.use_stderr() { USAGE } else { 0 };
    help_or_error.print().map_or(ExitCode::FAILURE, |()| ExitCode::from(code))
}

async fn dapr() -> Result<(), LocalError> {
    let (guard, root) = (Guard::start()?, workspace::root());
    let find = Dapr::find(Choice::Pinned, &root, &guard, Progress::Shown);
    signals::or_told_to_stop(find).await?;
    Ok(())
}

async fn simulator(build: &Build) -> Result<(), LocalError> {
    let (root, binaries) = (workspace::root(), workspace::binaries());
    if !build.no_build {
        let build = workspace::build(&root, &binaries, Progress::Shown);
        if signals::or_told_to_stop(build).await?.is_none() {
            return Ok(());
        }
    }
    let secrets = root.join(".local/secrets.json");
    local::make_secrets(&secrets)?;
    let mut simulator = Command::new(binaries.join("stand-in"));
    let port = ports::SIMULATOR.to_string();
    simulator.args(["payment", "--port", &port, "--secrets-file"]).arg(secrets);
    // From here on this process is the simulator: signals and exit code are its own.
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
        let source = io::Error::other("out of cheese");
        let error = LocalError::Run { program: "mouse".to_owned(), source };
        assert_eq!(chain(&error), "cannot run mouse: out of cheese");
    }
}
