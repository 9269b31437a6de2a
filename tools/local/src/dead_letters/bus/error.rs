//! Errors of Service Bus.

/// Why an operation on Service Bus failed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// It is not a valid name of a namespace.
    #[error("{0} is not the name of a Service Bus namespace, such as saga-shop-abc123")]
    InvalidNamespace(String),
    /// There is no login to Azure.
    #[error("there is no login for Service Bus: run `az login`")]
    NoLogin(#[source] azure_core::Error),
    /// It cannot be reached.
    #[error("Service Bus does not respond; nothing more was changed")]
    Unreachable(#[source] reqwest::Error),
    /// The login lacks the permission.
    #[error(
        "Service Bus rejects the login: run `az login` as a member of the operators' group, OPERATORS_GROUP_ID of the deployment ({0})"
    )]
    Rejected(String),
    /// It has no dead-letter topic of any function.
    #[error("{0} has no dead-letter topics of the shop: is it the shop's namespace?")]
    NoLetters(String),
    /// The lock of a letter has expired, or another receiver settled it.
    #[error("{attempt} failed: the lock on the letter has expired; run the command again")]
    Lost {
        /// What was tried.
        attempt: &'static str,
    },
    /// It responds with an error, or not as documented.
    #[error("{attempt} failed: Service Bus responds {answer}; run the command again in a minute")]
    Failed {
        /// What was tried.
        attempt: &'static str,
        /// The status and the beginning of the body.
        answer: String,
    },
}
