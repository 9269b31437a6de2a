//! The caller, as the gateway passes it on to functions.

use super::{Kind, Problem};
use crate::domain::CustomerId;
use crate::domain::caller::{Caller, Scope};
use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;

/// The header in which the gateway names a caller whose token it has verified.
pub const HEADER: HeaderName = HeaderName::from_static("shop-caller");

/// Marks a request that came with the token of this function's sidecar: only then is the name of the
/// caller trusted.
#[derive(Debug, Clone, Copy)]
pub struct FromSidecar;

/// The caller that the gateway names. None: the shop itself calls, or no tokens are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledBy(pub Option<Caller>);

impl CalledBy {
    /// Whether the caller may see what belongs to `customer`.
    #[must_use]
    pub fn may_see(&self, customer: &CustomerId) -> bool {
        self.0.as_ref().is_none_or(|caller| caller.may_see(customer))
    }

    /// Whether the caller may see what staff did to orders, and why.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        self.0.as_ref().is_none_or(|caller| caller.may(Scope::OrdersAdmin))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CalledBy {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(named) = parts.headers.get(HEADER) else { return Ok(Self(None)) };
        // Without the sidecar's token anyone could have sent the header, so the request is rejected.
        if parts.extensions.get::<FromSidecar>().is_none() {
            let fix =
                "set APP_API_TOKEN for function and sidecar: without it, no caller is trusted";
            return Err(Problem::new(Kind::NotFromSidecar, fix));
        }
        let caller = named.to_str().ok().and_then(|named| named.parse().ok());
        // A caller that cannot be read is rejected, rather than taken for the shop itself.
        caller
            .map(|caller| Self(Some(caller)))
            .ok_or_else(|| Problem::invalid(HEADER.as_str(), "must be a customer's id and scopes"))
    }
}
