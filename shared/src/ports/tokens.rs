//! Tokens that callers show.

use super::Failure;
use crate::domain::caller::Caller;
use std::future::Future;

/// Who checks the tokens of callers.
pub trait Tokens: Clone + Send + Sync + 'static {
    /// Whom a bearer token was issued to.
    ///
    /// # Errors
    /// [`TokenError`].
    fn caller(&self, token: &str) -> impl Future<Output = Result<Caller, TokenError>> + Send;
}

/// Why a token names nobody.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is not good, and why.
    #[error("the token {0}")]
    Invalid(&'static str),
    /// The keys to check it by cannot be had.
    #[error("no keys")]
    Failed(#[source] Failure),
}

impl From<Failure> for TokenError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
