//! The provider's keys, by [Stripe's API](https://docs.stripe.com/api/v2/iam/api-keys).

use super::{DEADLINE, answer};
use crate::ports::{ApiKey, Failure, KeyIssuer, OrFail, Result, Secret};
use jiff::SignedDuration;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};

/// The version that has keys: a preview.
const STRIPE_VERSION: &str = "2026-08-26.preview";

/// The keys of a payment provider that speaks Stripe's wire format.
///
/// The provider returns new live keys only encrypted, which is not supported yet: the rotation then fails.
#[derive(Debug, Clone)]
pub struct StripeKeys {
    http: reqwest::Client,
    base: Url,
}

/// [Stripe's key object](https://docs.stripe.com/api/v2/iam/api-keys/object), as far as it matters.
#[derive(Deserialize)]
struct KeyObject {
    id: String,
    secret_key: SecretKey,
}

#[derive(Deserialize)]
struct SecretKey {
    token: Option<String>,
}

impl StripeKeys {
    /// The keys of the provider at `base`.
    ///
    /// # Panics
    /// When no TLS provider is installed.
    #[must_use]
    pub fn new(base: Url) -> Self {
        Self { http: reqwest::Client::new(), base }
    }
}

impl KeyIssuer for StripeKeys {
    async fn replace(&self, key: &ApiKey, overlap: SignedDuration) -> Result<ApiKey> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| failed("its address has no path"))?
            .extend(["v2", "iam", "api_keys", &key.id, "rotate"]);
        let request = self
            .http
            .post(url)
            .bearer_auth(key.secret.expose())
            .header("Stripe-Version", STRIPE_VERSION)
            .header("Idempotency-Key", format!("rotate-{}", key.id))
            .json(&json!({"expire_current_key_in_minutes": overlap.as_mins()}))
            .timeout(DEADLINE);
        let (status, body) = answer(request).await.or_fail("payment provider", "replace a key")?;
        Ok(fresh(status, &body)?)
    }
}

/// Reads the new key. Errors never quote the response, which may contain one.
fn fresh(status: StatusCode, body: &Value) -> std::result::Result<ApiKey, Failure> {
    if !status.is_success() {
        let code = body.pointer("/error/code").and_then(Value::as_str).unwrap_or("no code");
        return Err(failed(format!("{status}: {code}; roll the key manually, in its dashboard")));
    }
    let KeyObject { id, secret_key } =
        KeyObject::deserialize(body).map_err(|_| failed("its response has no key"))?;
    match secret_key.token {
        Some(token) => Ok(ApiKey { id, secret: Secret::new(token) }),
        None => Err(failed("it returns the new key only encrypted, as always with live keys")),
    }
}

fn failed(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::new("payment provider", "replace a key", why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Chain;

    #[test]
    fn a_fresh_key_is_read_with_its_id() {
        let body = json!({"id": "mk_2", "secret_key": {"token": "sk_test_2"}, "status": "active"});
        let key = fresh(StatusCode::OK, &body).unwrap();
        assert_eq!((key.id.as_str(), key.secret.expose()), ("mk_2", "sk_test_2"));
    }

    #[test]
    fn errors_say_what_is_wrong_and_show_no_key() {
        let error = |status, body: &Value| Chain(&fresh(status, body).unwrap_err()).to_string();
        let encrypted =
            json!({"id": "mk_2", "secret_key": {"encrypted_secret": {"ciphertext": "x"}}});
        assert!(error(StatusCode::OK, &encrypted).contains("only encrypted"));
        let odd = json!({"id": 2, "secret_key": {"token": "sk_test_2"}});
        assert!(!error(StatusCode::OK, &odd).contains("sk_test_2"));
        let gone = json!({"error": {"code": "not_found"}});
        assert!(error(StatusCode::NOT_FOUND, &gone).contains("404 Not Found: not_found"));
    }
}
