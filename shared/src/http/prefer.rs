//! How long a caller prefers to wait for the end of an order.

use crate::domain::order::Order;
use crate::ports::{Chain, LONGEST_WAIT, Progress, Until};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// The preference `wait` of the header [`Prefer`](https://www.rfc-editor.org/rfc/rfc7240): the seconds
/// that a caller wants to wait, at most [`LONGEST_WAIT`]. A value that is not a number is ignored.
#[derive(Debug, Clone, Copy)]
pub struct Prefer {
    wait: Option<Duration>,
    asked_at: Instant,
}

impl Prefer {
    /// The name of the header.
    pub const HEADER: HeaderName = HeaderName::from_static("prefer");

    /// The header that says which preference was applied.
    pub const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

    /// Reads the preference. The first of several counts
    /// ([RFC 7240](https://www.rfc-editor.org/rfc/rfc7240#section-2)).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(Self::HEADER).iter().filter_map(|value| value.to_str().ok());
        let wait = values.flat_map(|value| value.split(',')).find_map(seconds);
        let wait = wait.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        Self { wait: wait.map(|wait| wait.min(LONGEST_WAIT)), asked_at: Instant::now() }
    }

    /// Whether there is something to wait for.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.wait.is_some_and(|wait| !wait.is_zero())
    }

    /// The state of `order` once its saga has ended or the wait, which began with the request, is over. A
    /// wait that fails is over.
    pub async fn until_ended(&self, progress: &impl Progress, order: Order) -> Order {
        let left = self.wait.unwrap_or_default().saturating_sub(self.asked_at.elapsed());
        if left.is_zero() || Until::Ended.holds(&order) {
            return order;
        }
        match progress.next(&order.placed.order_id, Until::Ended, left).await {
            Ok(waited) => waited.unwrap_or(order),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "a wait for an order failed; its current state is returned");
                order
            }
        }
    }

    /// The response, which depends on the preference and says whether it was applied.
    pub fn applied_to(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.headers_mut().append(header::VARY, HeaderValue::from_static("prefer"));
        if let Some(wait) = self.wait {
            let applied = HeaderValue::try_from(format!("wait={}", wait.as_secs()));
            response.headers_mut().insert(Self::APPLIED, applied.expect("digits are visible"));
        }
        response
    }
}

/// The value of a preference, if it is `wait`.
fn seconds(preference: &str) -> Option<&str> {
    let (name, value) = preference.split(';').next()?.split_once('=')?;
    name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"'))
}

impl<S: Send + Sync> FromRequestParts<S> for Prefer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(values: &[&'static str]) -> Option<u64> {
        let values = values.iter().map(|value| (Prefer::HEADER, HeaderValue::from_static(value)));
        Prefer::of(&values.collect()).wait.map(|wait| wait.as_secs())
    }

    #[test]
    fn the_first_wait_counts_however_it_is_written() {
        for (values, expected) in [
            (&["wait=5"][..], Some(5)),
            (&["respond-async, WAIT = \"3\"; a=b, wait=4"], Some(3)),
            (&["handling=lenient", "wait=0"], Some(0)),
            (&["wait=600"], Some(LONGEST_WAIT.as_secs())),
            (&["wait"], None),
            (&["wait=soon, wait=5"], None),
            (&["wait=-1"], None),
            (&["waiting=5"], None),
            (&[], None),
        ] {
            assert_eq!(wait(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_response_says_whether_the_preference_was_applied() {
        let applied = |value: &'static str| {
            let headers = HeaderMap::from_iter([(Prefer::HEADER, HeaderValue::from_static(value))]);
            let answer = Prefer::of(&headers).applied_to(());
            assert_eq!(answer.headers()["vary"], "prefer");
            let applied = answer.headers().get("preference-applied");
            applied.map(|applied| applied.to_str().unwrap().to_owned())
        };
        assert_eq!(applied("wait=60").as_deref(), Some("wait=8"));
        assert_eq!(applied("return=minimal"), None);
    }
}
