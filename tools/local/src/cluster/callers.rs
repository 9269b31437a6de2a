//! Who calls the shop: the issuer of tokens, and tokens of it.

use super::{Cluster, local_url};
use crate::{LocalError, probe};

/// The name of the issuer's process.
pub(super) const ISSUER: &str = "token-issuer";

/// For whom tokens are.
pub const AUDIENCE: &str = "saga-shop";

/// The shop's page, as the issuer knows it.
pub const PAGE: &str = "page";

/// What staff may do, as a token says it.
pub const STAFF: &str = "orders.admin inventory.admin payments.admin";

/// How long a token lasts, in seconds: a day, which no run exceeds.
const LASTS: u32 = 86_400;

impl Cluster {
    /// Where tokens are issued, unless everybody may do everything.
    #[must_use]
    pub fn issuer_url(&self) -> Option<String> {
        self.plan.issuer.map(local_url)
    }

    /// The issuer of tokens.
    ///
    /// # Panics
    /// When everybody may do everything.
    #[must_use]
    pub fn issuer(&self) -> &crate::Process {
        self.process(ISSUER)
    }

    /// A token by which `subject` may do what `scopes` say, with spaces between; an empty one where
    /// nobody needs any.
    ///
    /// # Errors
    /// When the issuer does not give one.
    pub async fn token(&self, subject: &str, scopes: &str) -> Result<String, LocalError> {
        let Some(issuer) = self.issuer_url() else { return Ok(String::new()) };
        let scopes = scopes.replace(' ', "+");
        let url = format!("{issuer}/token?sub={subject}&scope={scopes}&seconds={LASTS}");
        probe::text(&url).await.map_err(|why| LocalError::Load { source: why.into() })
    }
}
