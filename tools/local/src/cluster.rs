//! The whole system on one machine.

mod callers;
mod commands;
mod folder;
mod options;
mod plan;
mod ready;
mod rise;
mod second;
mod stop;

pub use self::callers::{AUDIENCE, PAGE, STAFF};
pub use self::options::{Broker, Callers, Credentials, Options, Place};
pub use self::second::Second;

use self::folder::Folder;
use self::plan::Plan;
use crate::LocalError;
use crate::guard::Guard;
use crate::manifest::Function;
use crate::process::Process;
use crate::progress::Progress;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest that a process may take to become ready. A warm start takes seconds; on a machine that
/// compiles at the same time, it takes much longer.
const START_LIMIT: Duration = Duration::from_mins(2);

/// A running system. When it is dropped, its processes are killed and its temporary folder is deleted.
///
/// Its methods may be called from any runtime.
pub struct Cluster {
    // Dropped in this order: processes before their ports and files.
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
    /// When it cannot be started. Its folder is then kept, for its logs.
    pub async fn start(options: Options) -> Result<Self, LocalError> {
        let cluster = Self::prepare(options).await?;
        cluster.rise().await?;
        Ok(cluster)
    }

    /// Finds, builds and writes what a system needs, without starting its processes.
    ///
    /// # Errors
    /// When something is missing and cannot be installed, and when ports are in use.
    pub async fn prepare(options: Options) -> Result<Self, LocalError> {
        rise::prepare(options).await
    }

    /// Starts everything and waits until all of it is ready.
    ///
    /// # Errors
    /// When it cannot be started. It is then stopped, and its folder is kept, for its logs.
    pub async fn rise(&self) -> Result<(), LocalError> {
        let risen = rise::rise(self).await;
        if risen.is_err() {
            self.keep();
            // After a scheduler is killed, the next start on its data waits for 20 s.
            self.stop().await;
        }
        risen
    }

    /// The URL of the public API.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        self.url("gateway")
    }

    /// The URL of `function`.
    ///
    /// # Panics
    /// When there is no such function, as do all methods with one.
    #[must_use]
    pub fn url(&self, function: &str) -> String {
        local_url(self.plan.ports(function).app)
    }

    /// The URL of the HTTP API of the sidecar of `function`.
    #[must_use]
    pub fn sidecar_url(&self, function: &str) -> String {
        local_url(self.plan.ports(function).sidecar.http)
    }

    /// The URL of the metrics of the sidecar of `function`.
    #[must_use]
    pub fn metrics_url(&self, function: &str) -> String {
        local_url(self.plan.ports(function).sidecar.metrics)
    }

    /// The URL of the metrics of the store that is embedded in the scheduler, etcd.
    #[must_use]
    pub fn etcd_metrics_url(&self) -> String {
        format!("{}/metrics", local_url(self.plan.control_plane.etcd_client))
    }

    /// The port of the gRPC API of the sidecar of `function`.
    #[must_use]
    pub fn sidecar_grpc_port(&self, function: &str) -> u16 {
        self.plan.ports(function).sidecar.grpc
    }

    /// The URL of the payment simulator.
    #[must_use]
    pub fn simulator_url(&self) -> String {
        local_url(self.plan.simulator)
    }

    /// The URL of the Key Vault simulator's control paths, if there is one.
    #[must_use]
    pub fn key_vault_url(&self) -> Option<String> {
        self.plan.key_vault.map(|vault| local_url(vault.identity))
    }

    /// The URL of the trace sink's pages and API, if traces are collected.
    #[must_use]
    pub fn traces_url(&self) -> Option<String> {
        self.plan.traces.map(|traces| local_url(traces.http))
    }

    /// The URL of the mail sink's pages and API.
    #[must_use]
    pub fn mail_url(&self) -> String {
        local_url(self.plan.mail.http)
    }

    /// The port at which the shop's page makes things fail, if it can.
    #[must_use]
    pub fn controls_port(&self) -> Option<u16> {
        self.plan.controls
    }

    /// The port of the Redis that stores the state.
    #[must_use]
    pub fn redis_port(&self) -> u16 {
        self.plan.redis
    }

    /// The token that sidecars send to functions.
    #[must_use]
    pub fn app_token(&self) -> &str {
        &self.plan.token
    }

    /// The functions, by name.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.plan.functions
    }

    /// The path of a function's program.
    #[must_use]
    pub fn binary(&self, function: &str) -> PathBuf {
        self.binaries.join(function)
    }

    /// The process with this name: see [`Process::name`].
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn process(&self, name: &str) -> &Process {
        self.processes.get(name).unwrap_or_else(|| panic!("this cluster runs no {name}"))
    }

    /// The process of the function `name`.
    #[must_use]
    pub fn function(&self, name: &str) -> &Process {
        self.process(name)
    }

    /// The sidecar process of a function.
    #[must_use]
    pub fn sidecar(&self, function: &str) -> &Process {
        self.process(&sidecar_name(function))
    }

    /// Dapr's scheduler, which stores reminders.
    #[must_use]
    pub fn scheduler(&self) -> &Process {
        self.process(SCHEDULER)
    }

    /// The cluster's own Redis.
    ///
    /// # Panics
    /// When the cluster uses a Redis that was running, as one in [`Place::Workspace`] may.
    #[must_use]
    pub fn redis(&self) -> &Process {
        self.process(REDIS)
    }

    /// The Redis of events, apart from the state.
    ///
    /// # Panics
    /// When the cluster has none: see [`Options::broker`].
    #[must_use]
    pub fn broker(&self) -> &Process {
        self.process(BROKER)
    }

    /// The process of the mail sink.
    #[must_use]
    pub fn mail_sink(&self) -> &Process {
        self.process(MAIL_SINK)
    }

    /// The process of the trace sink.
    ///
    /// # Panics
    /// When traces are not collected.
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

    /// The folder with all files of the cluster. The log of a process is `logs/<name>.log`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// The folder of the data of a store: `redis`, `broker`, or `etcd`, which is the scheduler's.
    #[must_use]
    pub fn data(&self, store: &str) -> PathBuf {
        self.folder.data(store)
    }

    /// The folder of the sidecars' copies of `components/local`.
    #[must_use]
    pub fn resources(&self) -> PathBuf {
        self.folder.resources()
    }

    /// Keeps the folder of a private cluster when it is dropped, and prints its path.
    pub fn keep(&self) {
        self.folder.keep();
    }
}

/// The suffix of the name of a sidecar's process.
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
