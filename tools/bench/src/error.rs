//! Errors of a measurement.

use local::LocalError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a measurement failed.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The shop cannot be started or stopped.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A request got no response.
    #[error("{request} got no response")]
    Request {
        /// What was requested.
        request: &'static str,
        /// The error of the library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A request got another response than it must.
    #[error("{request} was answered {answer}")]
    Answer {
        /// What was requested.
        request: &'static str,
        /// Status and body.
        answer: String,
    },
    /// Something did not end in time.
    #[error("{what} has not ended after {seconds} s")]
    Late {
        /// What was waited for.
        what: String,
        /// The limit.
        seconds: u64,
    },
    /// A counter cannot be read.
    #[error("cannot read {counter}")]
    Counter {
        /// The counter.
        counter: String,
        /// The error of the library.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file cannot be used.
    #[error("cannot use {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the library.
        source: io::Error,
    },
    /// A document has no place for the table.
    #[error("{} has no lines {begin} and {end}, between which the table is written", path.display())]
    NoPlace {
        /// The document.
        path: PathBuf,
        /// The line before the table.
        begin: String,
        /// The line after it.
        end: String,
    },
    /// A command of Git failed.
    #[error("git {command} failed: {errors}")]
    Git {
        /// Its arguments.
        command: String,
        /// What it wrote to standard error.
        errors: String,
    },
}

impl BenchError {
    /// Turns an error of a library into one about `request`.
    pub(crate) fn request<E>(request: &'static str) -> impl FnOnce(E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        move |source| Self::Request { request, source: source.into() }
    }

    /// Turns an error of a library into one about `counter`.
    pub(crate) fn counter<E>(counter: &str) -> impl FnOnce(E) -> Self + use<E>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let counter = counter.to_owned();
        move |source| Self::Counter { counter, source: source.into() }
    }

    /// Turns an error of the file system into one about `path`.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
