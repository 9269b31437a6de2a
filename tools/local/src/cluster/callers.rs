//! The callers of a cluster: the issuer of tokens, and its tokens.

use super::{Cluster, local_url};
use crate::{LocalError, probe};

/// The name of the issuer's process.
pub(super) const ISSUER: &str = "token-issuer";

/// The audience of the tokens.
pub const AUDIENCE: &str = "saga-shop";

/// The shop's page, as the issuer knows it.
pub const PAGE: &str = "page";

/// What staff may do, as a token says it.
pub const STAFF: &str = "orders.admin inventory.admin payments.admin";

/// The lifetime of a token, in seconds: a day, longer than any run.
const LASTS: u32 = 86_400;

impl Cluster {
    /// The URL of the issuer, unless everyone may do everything.
    #[must_use]
    pub fn issuer_url(&self) -> Option<String> {
        self.plan.issuer.map(local_url)
    }

    /// The issuer of tokens.
    ///
    /// # Panics
    /// When everyone may do everything.
    #[must_use]
    pub fn issuer(&self) -> &crate::Process {
        self.process(ISSUER)
    }

    /// A token for `subject` with `scopes`, separated by spaces; an empty one if no tokens are
    /// checked.
    ///
    /// # Errors
    /// When the issuer does not issue one.
    pub async fn token(&self, subject: &str, scopes: &str) -> Result<String, LocalError> {
        let Some(issuer) = self.issuer_url() else { return Ok(String::new()) };
        let scopes = scopes.replace(' ', "+");
        let url = format!("{issuer}/token?sub={subject}&scope={scopes}&seconds={LASTS}");
        probe::text(&url).await.map_err(|why| LocalError::Load { source: why.into() })
    }
}
