//! Bearer tokens of callers.

use super::Failure;
use crate::domain::caller::Caller;
use std::future::Future;

/// Verifies the tokens of callers.
pub trait Tokens: Clone + Send + Sync + 'static {
    /// The caller that a bearer token was issued to.
    ///
    /// # Errors
    /// [`TokenError`].
    fn caller(&self, token: &str) -> impl Future<Output = Result<Caller, TokenError>> + Send;
}

/// Why a token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token is invalid, and why.
    #[error("the token {0}")]
    Invalid(&'static str),
    /// The issuer's keys cannot be fetched.
    #[error("the token could not be verified")]
    Failed(#[source] Failure),
}

impl From<Failure> for TokenError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
