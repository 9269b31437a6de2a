//! The key under which a request may be repeated.

use crate::domain::PaymentId;
use crate::domain::money::Money;
use crate::domain::payment::RefundId;
use crate::http::Problem;
use axum::extract::FromRequestParts;
use axum::http::HeaderName;
use axum::http::request::Parts;

/// The header [`Idempotency-Key`](https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/):
/// 1 to 255 visible ASCII characters; optional.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl IdempotencyKey {
    /// The name of the header.
    pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");

    /// The problem of a request that needs the header and lacks it.
    #[must_use]
    pub fn is_missing() -> Problem {
        let why = "is missing: send a key of your own, the same whenever you repeat the request";
        Problem::invalid("Idempotency-Key", why)
    }

    /// The id of a refund of `amount`, or of all that is left, of a caller's `payment`. A refund of all
    /// that is left is idempotent, so it needs no key; a part does.
    ///
    /// # Errors
    /// When there is no key and one is needed.
    pub fn refund_of(
        self,
        payment: &PaymentId,
        amount: Option<Money>,
    ) -> Result<RefundId, Problem> {
        match self.0 {
            Some(key) => Ok(RefundId::for_key(payment, &key)),
            None if amount.is_none() => Ok(RefundId::rest()),
            None => Err(Self::is_missing()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(Self::HEADER).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        if values.next().is_some() {
            return Err(Problem::invalid("Idempotency-Key", "must be sent once"));
        }
        match value.to_str() {
            Ok(key)
                if (1..=255).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                Ok(Self(Some(key.to_owned())))
            }
            _ => Err(Problem::invalid(
                "Idempotency-Key",
                "must be 1 to 255 visible ASCII characters",
            )),
        }
    }
}
