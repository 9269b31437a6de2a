//! Starts processes that end again, as a platform does.

use crate::Cluster;
use crate::process::Process;
use crate::wait::{pause, ticks};
use futures::future::join_all;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often the processes are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// The pause before a process that ended is started again: long enough to be seen.
const FIRST_PAUSE: Duration = Duration::from_secs(3);

/// The longest pause before one that ends again and again.
const LONGEST_PAUSE: Duration = Duration::from_secs(48);

/// A process that ran for this long before it ended is started again after the first pause.
const STEADY: Duration = Duration::from_mins(1);

/// The longest that a process may take to become ready again.
const READY_LIMIT: Duration = Duration::from_mins(2);

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProcessState {
    /// It is ready.
    Running,
    /// It ended, and is started again after a pause.
    Ended,
    /// It was started again and is not ready yet.
    Starting,
}

/// A process and what it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProcessStatus {
    /// Its name: see [`Process::name`].
    pub name: String,
    /// What it is doing.
    pub state: ProcessState,
}

/// Watches the processes of a cluster. Clones share what they know.
#[derive(Clone)]
pub(super) struct Supervisor {
    cluster: Arc<Cluster>,
    starting: Arc<Mutex<BTreeSet<String>>>,
}

impl Supervisor {
    pub(super) fn new(cluster: &Arc<Cluster>) -> Self {
        Self { cluster: cluster.clone(), starting: Arc::default() }
    }

    /// The functions' own processes, by name.
    pub(super) fn statuses(&self) -> Vec<ProcessStatus> {
        let functions = self.cluster.functions().iter();
        let status = |name: &String| {
            let state = self.state(self.cluster.process(name));
            ProcessStatus { name: name.clone(), state }
        };
        functions.map(|function| status(&function.name)).collect()
    }

    /// Kills the process of the function `name`; false if there is no such function.
    pub(super) async fn kill(&self, name: &str) -> bool {
        let known = self.cluster.functions().iter().any(|function| function.name == name);
        if known {
            self.cluster.function(name).kill().await;
        }
        known
    }

    /// Reports each process that ends, and starts it again if it is a function's or its sidecar. What only this
    /// machine has, such as Redis and the stand-ins, stays as it is: started again, it would have lost its data.
    /// Never returns.
    pub(super) async fn run(&self, report: impl Fn(&str)) {
        let watch = async |process: &Process| {
            if self.cluster.is_of_function(process) {
                self.keep(process, &report).await;
            } else {
                ended(process).await;
                report(&format!("{}; the others keep running", end_of(process)));
            }
        };
        join_all(self.cluster.processes().map(watch)).await;
    }

    /// Starts `process` again whenever it ends.
    async fn keep(&self, process: &Process, report: impl Fn(&str)) {
        let mut wait = FIRST_PAUSE;
        loop {
            let since = Instant::now();
            ended(process).await;
            wait = next_pause(wait, since.elapsed());
            report(&format!("{}; it is started again in {} s", end_of(process), wait.as_secs()));
            pause(wait).await;
            self.starting().insert(process.name().to_owned());
            let started = async {
                process.start().await?;
                process.ready(READY_LIMIT).await
            };
            match started.await {
                Ok(()) => report(&format!("{} is ready again", process.name())),
                Err(error) => report(&error.to_string()),
            }
            self.starting().remove(process.name());
        }
    }

    fn state(&self, process: &Process) -> ProcessState {
        if !process.alive() {
            ProcessState::Ended
        } else if self.starting().contains(process.name()) {
            ProcessState::Starting
        } else {
            ProcessState::Running
        }
    }

    fn starting(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.starting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pause before a process is started again that ended after `ran`, when the last pause was `last`.
fn next_pause(last: Duration, ran: Duration) -> Duration {
    if ran >= STEADY { FIRST_PAUSE } else { (last * 2).min(LONGEST_PAUSE) }
}

/// Returns once `process` has ended.
async fn ended(process: &Process) {
    let mut checks = ticks(CHECK_INTERVAL);
    while process.ended().is_none() {
        checks.tick().await;
    }
}

fn end_of(process: &Process) -> String {
    let (name, log) = (process.name(), process.log_file().display());
    let status = process.ended().map(|status| format!(" ({status})")).unwrap_or_default();
    format!("{name} ended{status}, see {log}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ends_again_and_again_is_started_after_ever_longer_pauses() {
        let short = Duration::from_secs(1);
        let pauses =
            std::iter::successors(Some(FIRST_PAUSE), |last| Some(next_pause(*last, short)));
        let pauses: Vec<_> = pauses.take(6).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [3, 6, 12, 24, 48, 48]);
        assert_eq!(next_pause(LONGEST_PAUSE, STEADY), FIRST_PAUSE);
    }
}
