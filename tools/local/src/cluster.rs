//! The whole system on this machine.

mod callers;
mod commands;
mod folder;
mod options;
mod plan;
mod rise;
mod second;

pub use self::callers::{AUDIENCE, STAFF};
pub use self::options::{Broker, Callers, Credentials, Options, Place};
pub use self::second::Second;

use self::folder::Folder;
use self::plan::Plan;
use crate::LocalError;
use crate::guard::Guard;
use crate::manifest::Function;
use crate::process::Process;
use crate::progress::Progress;
use futures::future::{join_all, try_join_all};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// How long a process may take to become ready. A warm start takes seconds; a machine that compiles
/// at the same time takes much longer.
const START_LIMIT: Duration = Duration::from_mins(2);

/// How long the processes of each stage have to stop: functions, sidecars, the rest.
const STOP_LIMITS: [Duration; 3] =
    [Duration::from_secs(4), Duration::from_secs(3), Duration::from_secs(2)];

/// A running system. When it is dropped, all of it is killed and its temporary folder deleted.
///
/// Its methods may be called from any runtime.
pub struct Cluster {
    // Dropped in this order: the processes die before their ports and files go.
    _guard: Guard,
    processes: BTreeMap<String, Process>,
    seconds: BTreeMap<String, Process>,
    plan: Plan,
    binaries: PathBuf,
    progress: Progress,
    folder: Folder,
}

impl Cluster {
    /// Starts a system and waits until all of it is ready.
    ///
    /// # Errors
    /// What keeps it from starting. Its folder is then kept, for the logs in it.
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        let cluster = Self::prepare(options).await?;
        cluster.rise().await?;
        Ok(cluster)
    }

    /// Finds, builds and writes what a system needs, but starts none of its processes.
    ///
    /// # Errors
    /// When something is missing and cannot be had, and when ports are taken.
    pub async fn prepare(options: Options) -> Result<Self, LocalError> {
        rise::prepare(options).await
    }

    /// Starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// What keeps it from starting. It is stopped again, and its folder kept, for the logs in it.
    pub async fn rise(&self) -> Result<(), LocalError> {
        let risen = rise::rise(self).await;
        if risen.is_err() {
            self.keep();
            // A scheduler that is killed makes the next start on its data wait for 20 s.
            self.stop().await;
        }
        risen
    }

    /// Where the public API is.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        self.url("gateway")
    }

    /// Where `function` listens.
    ///
    /// # Panics
    /// When there is no such function; so do all methods that take one.
    #[must_use]
    pub fn url(&self, function: &str) -> String {
        local_url(self.plan.ports(function).app)
    }

    /// Where the HTTP API of the sidecar of `function` is.
    #[must_use]
    pub fn sidecar_url(&self, function: &str) -> String {
        local_url(self.plan.ports(function).sidecar.http)
    }

    /// The port of the gRPC API of the sidecar of `function`.
    #[must_use]
    pub fn sidecar_grpc_port(&self, function: &str) -> u16 {
        self.plan.ports(function).sidecar.grpc
    }

    /// Where the payment simulator is.
    #[must_use]
    pub fn simulator_url(&self) -> String {
        local_url(self.plan.simulator)
    }

    /// The address of the Key Vault simulator's control paths, if there is one.
    #[must_use]
    pub fn key_vault_url(&self) -> Option<String> {
        self.plan.key_vault.map(|vault| local_url(vault.identity))
    }

    /// Where traces can be read, if anything is traced.
    #[must_use]
    pub fn traces_url(&self) -> Option<String> {
        self.plan.traces.map(|traces| local_url(traces.http))
    }

    /// Where mail can be read.
    #[must_use]
    pub fn mail_url(&self) -> String {
        local_url(self.plan.mail.http)
    }

    /// The port of the Redis that keeps the state.
    #[must_use]
    pub fn redis_port(&self) -> u16 {
        self.plan.redis
    }

    /// What sidecars show to functions.
    #[must_use]
    pub fn app_token(&self) -> &str {
        &self.plan.token
    }

    /// The functions, by name.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.plan.functions
    }

    /// The program of a function.
    #[must_use]
    pub fn binary(&self, function: &str) -> PathBuf {
        self.binaries.join(function)
    }

    /// The process called `name`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn process(&self, name: &str) -> &Process {
        self.processes.get(name).unwrap_or_else(|| panic!("this cluster runs no {name}"))
    }

    /// The process of a function.
    #[must_use]
    pub fn function(&self, name: &str) -> &Process {
        self.process(name)
    }

    /// The sidecar of a function.
    #[must_use]
    pub fn sidecar(&self, function: &str) -> &Process {
        self.process(&sidecar_name(function))
    }

    /// The scheduler.
    #[must_use]
    pub fn scheduler(&self) -> &Process {
        self.process(SCHEDULER)
    }

    /// The cluster's own Redis.
    ///
    /// # Panics
    /// When the cluster uses a Redis that ran before it: only one in [`Place::Workspace`] does.
    #[must_use]
    pub fn redis(&self) -> &Process {
        self.process(REDIS)
    }

    /// The Redis that events go through.
    ///
    /// # Panics
    /// When the cluster was not asked for one: see [`Options::broker`].
    #[must_use]
    pub fn broker(&self) -> &Process {
        self.process(BROKER)
    }

    /// The mail sink.
    #[must_use]
    pub fn mail_sink(&self) -> &Process {
        self.process(MAIL_SINK)
    }

    /// The trace sink.
    ///
    /// # Panics
    /// When nothing is traced.
    #[must_use]
    pub fn trace_sink(&self) -> &Process {
        self.process(TRACE_SINK)
    }

    /// Every process, by name.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.processes.values()
    }

    /// The file with the payment provider's key.
    #[must_use]
    pub fn secrets_file(&self) -> &Path {
        self.folder.secrets()
    }

    /// The folder of everything that the cluster writes. The log of a process is `logs/<name>.log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// The folder of the sidecars' copies of `components/local`. Dapr takes up a change of a file.
    #[must_use]
    pub fn resources(&self) -> PathBuf {
        self.folder.resources()
    }

    /// Keeps the folder of a private cluster, and says where it is, when the cluster is dropped.
    pub fn keep(&self) {
        self.folder.keep();
    }

    /// Waits until every process is ready, as after some were started again.
    ///
    /// # Errors
    /// When one does not run or takes too long.
    pub async fn wait_ready(&self) -> Result<(), LocalError> {
        try_join_all(self.processes().map(|process| process.ready(START_LIMIT))).await.map(|_| ())
    }

    /// Stops everything in order: functions, then sidecars, then the rest. Takes at most 9 s; says
    /// how each process ended, which is by signal 9 if it had to be killed.
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

    /// When a process stops: a function (0) before its sidecar (1) before what both need (2).
    fn stage(&self, process: &Process) -> usize {
        let mut names = self.functions().iter().map(|function| &function.name);
        match process.name().strip_suffix(SIDECAR) {
            Some(_) => 1,
            None if names.any(|name| name == process.name()) => 0,
            None => 2,
        }
    }
}

/// What the name of a sidecar's process has after its function's.
const SIDECAR: &str = ".daprd";
const PLACEMENT: &str = "placement";
const SCHEDULER: &str = "scheduler";
const REDIS: &str = "redis";
const BROKER: &str = "broker";
const SIMULATOR: &str = "payment-simulator";
const MAIL_SINK: &str = "mail-sink";
const TRACE_SINK: &str = "trace-sink";
const KEY_VAULT: &str = "key-vault-simulator";

fn sidecar_name(function: &str) -> String {
    format!("{function}{SIDECAR}")
}

fn local_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
