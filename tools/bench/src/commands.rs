//! The command line.

mod modes;

use bench::BenchError;
use bench::report::{write_between, write_json};
use bench::revision::{Profile, Revision};
use bench::setting::Plan;
use clap::Parser;
use serde::Serialize;
use std::error::Error;
use std::io::{Write, stderr};
use std::iter::successors;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// `EX_USAGE` of sysexits.h: the command line is invalid.
const USAGE: u8 = 64;

/// The pairs of a quick run, and the seconds of each measurement.
const QUICK: (usize, u64) = (2, 3);

/// Measures the shop against what Dapr allows on the same machine.
///
/// Starts one shop and, beside it on the same Redis, placement and scheduler, the ceilings: no-op workflows, a
/// bare route and a no-op actor. All take turns in short blocks. Prints tables; --json keeps every block. Whatever
/// else the machine does is measured too, so leave it alone. About half an hour, and 4 GB of memory.
///
/// Ctrl-C stops everything. docs/performance.md says how to read the result.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Bench {
    /// Rounds, each of which has a pair of everything that is compared.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    pairs: u8,
    /// Seconds of each measurement of orders and workflows.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// How many are done concurrently, where something is.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(2..=200))]
    at_once: u16,
    /// Two rounds of 3 s measurements: to see that it works, not how fast.
    #[arg(long, conflicts_with_all = ["pairs", "seconds"])]
    quick: bool,
    /// The profile of the shop's programs; by default that of this one.
    #[arg(long, value_enum)]
    profile: Option<Profile>,
    /// Runs the programs without building them first.
    #[arg(long)]
    no_build: bool,
    /// Collects no traces. Otherwise those of a tenth of the orders are collected.
    #[arg(long)]
    no_traces: bool,
    /// Compares the workspace with a revision of Git, which is built in target/bench: two shops take turns, and
    /// what moved beyond the noise is listed. Without ceilings. Needs 6 GB of memory.
    #[arg(long, value_name = "BASE")]
    compare: Option<String>,
    /// Measures one shop before and after so many orders, and orders of one product beside those of many: what
    /// moved beyond the noise, and what memory and files took. Without ceilings. About a second for 30 orders,
    /// and a quarter of an hour.
    #[arg(
        long, value_name = "ORDERS", num_args = 0..=1, default_missing_value = "20000",
        value_parser = clap::value_parser!(u64).range(1..=10_000_000), conflicts_with = "compare",
    )]
    growth: Option<u64>,
    /// Stops and starts each function so many times: how long until it is ready, and how large it is. Without
    /// ceilings and orders. Some minutes.
    #[arg(
        long, value_name = "STARTS", num_args = 0..=1, default_missing_value = "20",
        value_parser = clap::value_parser!(u8).range(1..=200),
        conflicts_with_all = ["compare", "growth", "pairs", "seconds", "at_once", "quick"],
    )]
    start_up: Option<u8>,
    /// The file for the result as JSON; by default one in target/bench, named by the date.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also writes the tables into a document, between `<!-- bench -->` and `<!-- /bench -->`; those of --growth
    /// and of --start-up between `<!-- bench growth -->` and `<!-- bench start-up -->` and their ends.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// Runs the measurement of the command line.
pub(crate) async fn run(bench: Bench) -> ExitCode {
    let done = match &bench {
        Bench { compare: Some(base), .. } => bench.compare(base).await,
        Bench { growth: Some(orders), .. } => bench.grow(*orders).await,
        Bench { start_up: Some(starts), .. } => bench.start_up(*starts).await,
        _ => bench.measure().await,
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("bench: stopped");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Prints the help, the version or the error of an invalid command line.
pub(crate) fn explain(help_or_error: &clap::Error) -> ExitCode {
    let code = if help_or_error.use_stderr() { USAGE } else { 0 };
    help_or_error.print().map_or(ExitCode::FAILURE, |()| ExitCode::from(code))
}

impl Bench {
    fn plan(&self) -> Plan {
        let asked = (usize::from(self.pairs), self.seconds);
        let (pairs, seconds) = if self.quick { QUICK } else { asked };
        let measured = Duration::from_secs(seconds);
        let (at_once, traces) = (self.at_once, !self.no_traces);
        Plan { pairs, measured, at_once, quick: self.quick, traces }
    }

    /// Prints the tables and writes what the command line asks for: into a document at `mark`.
    fn write(
        &self,
        mark: &str,
        date: &str,
        result: &impl Serialize,
        text: &str,
    ) -> Result<(), BenchError> {
        let name = format!("{}.json", date.replace(':', "-"));
        let file = || Revision::head(self.profile).results().join(name);
        let json = self.json.clone().unwrap_or_else(file);
        write_json(result, &json)?;
        if let Some(document) = &self.markdown {
            write_between(document, mark, text)?;
        }
        println!("{text}");
        say(&format!("every sample is in {}", json.display()));
        Ok(())
    }
}

/// Ignores a closed terminal.
fn say(line: &str) {
    let _ = writeln!(stderr(), "bench: {line}");
}

/// An error and what caused it.
fn chain(error: &dyn Error) -> String {
    let causes = successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Bench::command().debug_assert();
    }

    #[test]
    fn a_quick_run_has_no_other_length() {
        let quick = Bench::try_parse_from(["bench", "--quick"]).unwrap().plan();
        assert_eq!((quick.pairs, quick.measured), (2, Duration::from_secs(3)));
        assert!(Bench::try_parse_from(["bench", "--quick", "--pairs", "3"]).is_err());
        let long = Bench::try_parse_from(["bench", "--no-traces"]).unwrap().plan();
        assert!((long.pairs, long.traces) == (10, false) && !long.quick);
    }

    #[test]
    fn a_mode_has_a_length_of_its_own_and_excludes_the_others() {
        let parse = |arguments: &str| Bench::try_parse_from(arguments.split(' '));
        let growth = |arguments: &str| parse(arguments).unwrap().growth;
        assert_eq!(growth("bench --growth"), Some(20_000));
        assert_eq!(growth("bench --growth 60 --quick"), Some(60));
        let start_up = |arguments: &str| parse(arguments).unwrap().start_up;
        assert_eq!(start_up("bench --start-up"), Some(20));
        assert_eq!(start_up("bench --start-up 3 --no-build"), Some(3));
        for both in ["--growth --start-up", "--compare main --growth", "--start-up --quick"] {
            assert!(parse(&format!("bench {both}")).is_err(), "{both}");
        }
    }
}
