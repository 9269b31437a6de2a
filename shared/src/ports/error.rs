//! Refusals and failures of ports.

use crate::domain::Refusal;
use std::error::Error as StdError;
use std::fmt;

/// The result of a port.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a port returns no value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Refused: nothing changed, and a retry would be refused again.
    #[error("refused")]
    Refused(#[source] Refusal),
    /// Failed: it may have taken effect or not, and a retry may help.
    #[error("failed")]
    Failed(#[source] Failure),
}

/// A failure of the infrastructure behind a port.
#[derive(Debug, thiserror::Error)]
#[error("{component} could not {operation}")]
pub struct Failure {
    /// What failed, such as the name of a Dapr component or a function.
    pub component: String,
    /// The operation, such as `save`.
    pub operation: &'static str,
    /// The cause.
    pub source: Box<dyn StdError + Send + Sync>,
}

impl Failure {
    /// The failure of `component` to do `operation`, because of `source`.
    pub fn new(
        component: impl Into<String>,
        operation: &'static str,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { component: component.into(), operation, source: source.into() }
    }
}

/// Adds the component and the operation to an error.
pub trait OrFail<T> {
    /// The value, or the failure of `component` to do `operation`.
    ///
    /// # Errors
    /// [`Failure`], in place of the error.
    fn or_fail(self, component: &str, operation: &'static str) -> std::result::Result<T, Failure>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> OrFail<T> for std::result::Result<T, E> {
    fn or_fail(self, component: &str, operation: &'static str) -> std::result::Result<T, Failure> {
        self.map_err(|source| Failure::new(component, operation, source))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// An error with its chain of causes, on one line: `a: b: c`.
#[derive(Debug)]
pub struct Chain<'a>(pub &'a (dyn StdError + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_names_every_cause_once() {
        let error = Error::from(Failure::new("orders", "save a document", "connection refused"));
        let chain = Chain(&error).to_string();
        assert_eq!(chain, "failed: orders could not save a document: connection refused");
    }
}
