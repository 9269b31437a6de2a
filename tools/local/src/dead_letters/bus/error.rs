//! Why Service Bus does not do as asked.

/// Why Service Bus does not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The namespace cannot be one.
    #[error("{0} is no namespace of Service Bus: give its name, such as saga-shop-abc123")]
    NoNamespace(String),
    /// There is no login to Azure.
    #[error("there is no login for Service Bus: `az login` makes one")]
    NoLogin(#[source] azure_core::Error),
    /// It cannot be reached.
    #[error("Service Bus does not answer; nothing more was changed")]
    Unreachable(#[source] reqwest::Error),
    /// The login is not good for that.
    #[error(
        "Service Bus rejects the login: `az login` as a member of the operators' group, which is OPERATORS_GROUP_ID of the deployment ({0})"
    )]
    Rejected(String),
    /// It has no letters of any function.
    #[error("{0} has no dead letters of the shop: is it the shop's namespace?")]
    Elsewhere(String),
    /// The lock of a letter is over, or another receiver settled it.
    #[error(
        "{attempt} came too late: the letter is no longer locked for this command; run it again"
    )]
    Lost {
        /// What was tried.
        attempt: &'static str,
    },
    /// It answers with a failure, or not as documented.
    #[error("{attempt} failed: Service Bus answers {answer}; run it again in a minute")]
    Failed {
        /// What was tried.
        attempt: &'static str,
        /// Its answer: status and text.
        answer: String,
    },
}
