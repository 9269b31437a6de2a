//! How a cluster is to run.

use crate::progress::Progress;
use crate::{dapr, workspace};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a cluster is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// Settings of every function, over those that the cluster makes.
    pub env: BTreeMap<String, String>,
    /// The functions that get a second process and sidecar under their app id, which are not started
    /// with the others: see [`Cluster::second`](super::Cluster::second). Private clusters alone.
    pub seconds: Vec<String>,
    /// Where it runs.
    pub place: Place,
    /// Which Dapr runs it.
    pub dapr: dapr::Choice,
    /// The workspace: its manifests, components and pinned Dapr.
    pub workspace: PathBuf,
    /// The folder of the programs of functions and payment simulator.
    pub binaries: PathBuf,
    /// What events go through.
    pub broker: Broker,
    /// Who may call.
    pub callers: Callers,
    /// Whether spans and metrics are collected.
    pub traces: bool,
    /// Where credentials are kept.
    pub credentials: Credentials,
    /// Whether the programs are built first.
    pub build: bool,
    /// Whether a private cluster leaves its folder. A start that fails, and a panic, leave it anyway.
    pub keep: bool,
    /// Whether progress is shown.
    pub progress: Progress,
}

/// A private cluster of the pinned Dapr and of the programs beside this one.
impl Default for Options {
    fn default() -> Self {
        Self {
            env: BTreeMap::new(),
            seconds: Vec::new(),
            place: Place::Private,
            dapr: dapr::Choice::Pinned,
            workspace: workspace::root(),
            binaries: workspace::binaries(),
            broker: Broker::Store,
            callers: Callers::Known,
            traces: true,
            credentials: Credentials::File,
            build: false,
            keep: false,
            progress: Progress::Quiet,
        }
    }
}

/// What the events of a cluster go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broker {
    /// The Redis that keeps the state.
    Store,
    /// A Redis of their own, which can be away while the other is there. Private clusters alone.
    Own,
}

/// Who may call a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// Those who show a token of the cluster's own issuer may do what it says.
    Known,
    /// Everybody may do everything.
    Everybody,
}

/// Where a cluster keeps credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// In a file.
    File,
    /// In a simulator of Azure Key Vault, where they can be rotated. On Linux alone: elsewhere Dapr
    /// trusts no certificates but the system's.
    KeyVault,
}

/// Where a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On free ports, with its own Redis and temporary folder.
    Private,
    /// On the ports of the manifests and in the workspace's folder `.local`, whose data it keeps; on
    /// the Redis at 6379, if there is one.
    Workspace,
}
