//! Errors of the local system.

use crate::log::Log;
use crate::manifest::ManifestError;
use crate::ports::PortsInUse;
use crate::rebuild::CosmosError;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

/// Why an operation on the local system failed.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The functions cannot be listed.
    #[error("cannot list the functions")]
    Manifest(#[from] ManifestError),
    /// A file or folder cannot be used.
    #[error("cannot {attempt} {}", path.display())]
    File {
        /// What was tried.
        attempt: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the library.
        source: io::Error,
    },
    /// A Dapr resource cannot be read or written.
    #[error("{} is not a Dapr resource", path.display())]
    Resource {
        /// The path of the file.
        path: PathBuf,
        /// The error of the library.
        source: serde_norway::Error,
    },
    /// A shop under load failed.
    #[error("the shop failed under load")]
    Load {
        /// The error of the library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A product could not be put on sale.
    #[error("cannot put products on sale")]
    OnSale {
        /// The error of the library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A command of Redis failed.
    #[error("cannot use Redis; is the shop running?")]
    Redis {
        /// The error of the library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The documents in Cosmos DB cannot be listed.
    #[error(transparent)]
    Cosmos(#[from] CosmosError),
    /// The shop cannot be reached.
    #[error("cannot reach the shop; is it running?")]
    Unreachable {
        /// The error of the library.
        source: reqwest::Error,
    },
    /// The shop rejected a request.
    #[error("the shop rejects {request}: {answer}")]
    Rejected {
        /// The method and the path.
        request: String,
        /// The status of its answer.
        status: reqwest::StatusCode,
        /// Its answer.
        answer: String,
    },
    /// Some dead letters could not be resent or dropped.
    #[error("{rejected} of {of} dead letters were rejected")]
    NotHandled {
        /// How many.
        rejected: usize,
        /// Of how many.
        of: usize,
    },
    /// A program cannot be run.
    #[error("cannot run {program}")]
    Run {
        /// The path of the program.
        program: String,
        /// The error of the library.
        source: io::Error,
    },
    /// Something that is needed is missing.
    #[error("{what}; {remedy}")]
    Missing {
        /// The name of what is missing.
        what: String,
        /// How to install it.
        remedy: String,
    },
    /// A program failed.
    #[error("{name} failed ({status}){log}")]
    Failed {
        /// The program that was run.
        name: String,
        /// Its exit status.
        status: ExitStatus,
        /// The end of its output.
        log: Log,
    },
    /// A process ended before it was ready.
    #[error("{name} is not running ({how}){log}")]
    Ended {
        /// The name of the process.
        name: String,
        /// Its exit status.
        how: String,
        /// The end of its output.
        log: Log,
    },
    /// A process did not become ready in time.
    #[error("{name} is not ready after {seconds} s: {why}{log}")]
    NotReady {
        /// The name of the process.
        name: String,
        /// The limit, in seconds.
        seconds: u64,
        /// The result of its last probe.
        why: String,
        /// The end of its output.
        log: Log,
    },
    /// Other processes use ports that are needed.
    #[error("{0}")]
    PortsInUse(PortsInUse),
    /// Every block of ports is in use.
    #[error("no block of ports between 10000 and 32000 is free; are earlier runs still running?")]
    NoPorts,
    /// `start` already runs in the same workspace.
    #[error("{} is in use: `start` already runs in this workspace", .0.display())]
    AlreadyRunning(PathBuf),
    /// The user has no home folder, so that nothing can be cached.
    #[error("cannot find the cache folder; set HOME or XDG_CACHE_HOME")]
    NoCache(#[source] etcetera::HomeDirError),
}

impl LocalError {
    /// Turns an error of the file system into one that names the operation and `path`.
    pub(crate) fn file(attempt: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { attempt, path: path.to_owned(), source }
    }

    /// Turns a failure to run `program` into an error with its name.
    pub(crate) fn run(program: &str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Run { program: program.to_owned(), source }
    }
}
