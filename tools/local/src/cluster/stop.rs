//! The end of a cluster, in stages.

use super::{Cluster, SCHEDULER, SIDECAR};
use crate::process::Process;
use futures::future::join_all;
use std::collections::BTreeMap;
use std::process::ExitStatus;
use std::time::Duration;

/// The longest that the processes of each stage may take to stop: functions, sidecars, the rest.
const STOP_LIMITS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(3), Duration::from_secs(2)];

impl Cluster {
    /// Stops everything in order: functions, then sidecars, then the rest, in at most 9 s. Returns the exit
    /// status of each process, which is signal 9 if it had to be killed.
    pub async fn stop(&self) -> BTreeMap<String, Option<ExitStatus>> {
        let mut ended = BTreeMap::new();
        for (stage, limit) in STOP_LIMITS.into_iter().enumerate() {
            let processes = self.processes().filter(|process| self.stage(process) == stage);
            let stops = processes.map(async |process: &Process| {
                (process.name().to_owned(), process.stop(limit).await)
            });
            ended.extend(join_all(stops).await);
        }
        let scheduler: Option<ExitStatus> = ended.get(SCHEDULER).copied().flatten();
        if scheduler.is_some_and(|status| status.success()) {
            self.folder.end();
        }
        ended
    }

    /// Whether `process` is a function's or its sidecar.
    pub(crate) fn is_of_function(&self, process: &Process) -> bool {
        self.stage(process) < 2
    }

    /// The stage in which a process stops: functions (0), sidecars (1), what both need (2).
    pub(super) fn stage(&self, process: &Process) -> usize {
        let mut names = self.functions().iter().map(|function| &function.name);
        match process.name().strip_suffix(SIDECAR) {
            Some(_) => 1,
            None if names.any(|name| name == process.name()) => 0,
            None => 2,
        }
    }
}
