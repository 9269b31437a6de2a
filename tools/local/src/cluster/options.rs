//! The options of a cluster.

use crate::manifest::Function;
use crate::progress::Progress;
use crate::{dapr, workspace};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The options of a cluster.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options {
    /// Settings of every function, which override the cluster's.
    pub env: BTreeMap<String, String>,
    /// The functions with a second process and sidecar under their app id, which are not started with the
    /// others: see [`Cluster::second`](super::Cluster::second). For private clusters only.
    pub seconds: Vec<String>,
    /// Functions beside those of the workspace, with sidecars of their own. Their programs are in the same
    /// folder. For private clusters only.
    pub guests: Vec<Function>,
    /// Where it runs.
    pub place: Place,
    /// Whether it uses the pinned or an installed Dapr.
    pub dapr: dapr::Choice,
    /// The workspace's root, with manifests, components and the pin of Dapr.
    pub workspace: PathBuf,
    /// The folder of the programs of functions and stand-ins.
    pub binaries: PathBuf,
    /// The Redis of events.
    pub broker: Broker,
    /// Who may call.
    pub callers: Callers,
    /// Whether spans and metrics are collected.
    pub traces: bool,
    /// Where credentials are stored.
    pub credentials: Credentials,
    /// Whether the shop's page can make things fail: see [`Controls`](crate::controls::Controls).
    pub controls: bool,
    /// Whether the programs are built first.
    pub build: bool,
    /// Whether a private cluster keeps its folder. It is always kept after a failed start and a panic.
    pub keep: bool,
    /// Whether progress is shown on standard error.
    pub progress: Progress,
}

/// A private cluster with the pinned Dapr and the programs in this one's folder.
impl Default for Options {
    fn default() -> Self {
        Self {
            env: BTreeMap::new(),
            seconds: Vec::new(),
            guests: Vec::new(),
            place: Place::Private,
            dapr: dapr::Choice::Pinned,
            workspace: workspace::root(),
            binaries: workspace::binaries(),
            broker: Broker::Store,
            callers: Callers::Known,
            traces: true,
            credentials: Credentials::File,
            controls: false,
            build: false,
            keep: false,
            progress: Progress::Quiet,
        }
    }
}

/// The Redis of a cluster's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broker {
    /// The Redis that stores the state.
    Store,
    /// Another Redis, which can be down while the other is up. For private clusters only.
    Own,
}

/// Who may call a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    /// Callers with a token of the cluster's own issuer, within its scopes.
    Known,
    /// Everyone may do everything.
    Everyone,
}

/// Where a cluster stores credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credentials {
    /// In a JSON file.
    File,
    /// In a simulator of Azure Key Vault, where they can be rotated. On Linux only: elsewhere Dapr trusts
    /// only the system's certificates.
    KeyVault,
}

/// Where a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// On free ports, with its own Redis and temporary folder.
    Private,
    /// On the ports of the manifests, in the workspace's folder `.local`, whose data is kept, and with the
    /// Redis at 6379, if there is one.
    Workspace,
}
