//! Why a process ends with an error.

use std::error::Error as _;
use std::iter::successors;
use thiserror::Error;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The exit code of failures that the command line did not cause.
const FAILURE: u8 = 1;

/// `EX_USAGE` of sysexits: the command line, or a file that it names, is invalid.
pub(crate) const USAGE: u8 = 64;

/// Why a process ends: what it could not do, and the cause.
#[derive(Debug, Error)]
#[error("cannot {attempt}")]
pub struct Failure {
    attempt: String,
    pub(crate) exit_code: u8,
    source: Cause,
}

impl Failure {
    /// Turns a cause into a failure that says what was tried.
    pub fn to<E: Into<Cause>>(attempt: impl Into<String>) -> impl FnOnce(E) -> Self {
        Self::with(FAILURE, attempt)
    }

    /// The same, when a file that the command line names is invalid.
    pub fn of_usage<E: Into<Cause>>(attempt: impl Into<String>) -> impl FnOnce(E) -> Self {
        Self::with(USAGE, attempt)
    }

    fn with<E: Into<Cause>>(exit_code: u8, attempt: impl Into<String>) -> impl FnOnce(E) -> Self {
        let attempt = attempt.into();
        move |source| Self { attempt, exit_code, source: source.into() }
    }

    /// The failure and its causes, on one line.
    pub(crate) fn line(&self) -> String {
        let causes = successors(self.source(), |cause| (*cause).source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }
}
