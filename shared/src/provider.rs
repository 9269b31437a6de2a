//! The payment provider, by [Stripe's API](https://docs.stripe.com/api): payment intents and
//! refunds, form-encoded, idempotent by key.

mod keys;

pub use keys::StripeKeys;

use crate::domain::payment::Charge;
use crate::domain::{Money, OrderId};
use crate::observe;
use crate::ports::{
    API_KEY, Chain, Failure, OrFail, PREVIOUS_API_KEY, Provider, Result, Secret, Secrets, Verdict,
};
use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use std::time::{Duration, Instant};
use tracing::{Instrument, Span, field};

/// The longest that asking may take: less than an invocation, so that the caller learns what became
/// of it.
const DEADLINE: Duration = Duration::from_secs(5);

/// A payment provider that speaks Stripe's wire format.
#[derive(Debug, Clone)]
pub struct StripeProvider<S> {
    http: reqwest::Client,
    base: Url,
    secrets: S,
}

/// What the provider answers, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Intent {
    id: String,
    status: String,
}

/// [Stripe's error object](https://docs.stripe.com/api/errors).
#[derive(Debug, Deserialize)]
struct ApiError {
    error: ErrorBody,
}

#[derive(Debug, Deserialize)]
struct ErrorBody {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
}

impl<S: Secrets> StripeProvider<S> {
    /// The provider at `base`, such as `https://api.stripe.com`; `secrets` hold its key.
    ///
    /// # Panics
    /// When no TLS provider is installed.
    #[must_use]
    pub fn new(base: Url, secrets: S) -> Self {
        Self { http: reqwest::Client::new(), base, secrets }
    }

    async fn post(
        &self,
        path: &str,
        key: &str,
        form: &[(&str, &str)],
    ) -> Result<(StatusCode, Value)> {
        let current = self.secrets.secret(API_KEY).await?;
        let end = Instant::now() + DEADLINE;
        let told = self.post_with(&current, end, path, key, form).await?;
        if !rejects_credentials(told.0) {
            return Ok(told);
        }
        let Some(previous) = self.previous(&current).await else { return Ok(told) };
        tracing::info!("the payment provider takes not the current API key: the previous is tried");
        let again = self.post_with(&previous, end, path, key, form).await?;
        Ok(if rejects_credentials(again.0) { told } else { again })
    }

    /// The key before the `current` one, if another one is kept. While keys are rotated, the provider
    /// may take a while to know the new one.
    async fn previous(&self, current: &Secret) -> Option<Secret> {
        match self.secrets.secret(PREVIOUS_API_KEY).await {
            Ok(previous) => Some(previous).filter(|key| key.expose() != current.expose()),
            Err(error) => {
                tracing::debug!(error = %Chain(&error), "no previous API key is kept");
                None
            }
        }
    }

    async fn post_with(
        &self,
        secret: &Secret,
        end: Instant,
        path: &str,
        key: &str,
        form: &[(&str, &str)],
    ) -> Result<(StatusCode, Value)> {
        let span = tracing::info_span!(
            "ask the payment provider",
            otel.kind = "client",
            otel.name = format!("POST {path}"),
            otel.status_code = field::Empty,
            http.request.method = "POST",
            http.response.status_code = field::Empty,
            error.r#type = field::Empty,
            peer.service = "payment provider",
        );
        let asked = async {
            let mut headers = HeaderMap::new();
            observe::inject(&mut headers);
            let request = self.request(path, key, secret).headers(headers).form(form);
            answer(request.timeout(end.saturating_duration_since(Instant::now()))).await
        };
        Ok(asked.instrument(span).await.or_fail("payment provider", "answer")?)
    }

    fn request(&self, path: &str, key: &str, secret: &Secret) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(path);
        self.http.post(url).bearer_auth(secret.expose()).header("Idempotency-Key", key)
    }
}

async fn answer(request: RequestBuilder) -> reqwest::Result<(StatusCode, Value)> {
    let response = request.send().await?;
    let status = response.status();
    observe::answered(&Span::current(), status.as_u16());
    Ok((status, response.json().await?))
}

impl<S: Secrets> Provider for StripeProvider<S> {
    async fn charge(&self, charge: &Charge) -> Result<Verdict> {
        let currency = charge.amount.currency().as_str().to_ascii_lowercase();
        let form = [
            ("amount", charge.amount.amount().to_string()),
            ("currency", currency),
            ("payment_method", charge.payment_method.as_str().to_owned()),
            ("confirm", "true".to_owned()),
            ("automatic_payment_methods[enabled]", "true".to_owned()),
            ("automatic_payment_methods[allow_redirects]", "never".to_owned()),
            ("metadata[order_id]", charge.order_id.to_string()),
        ];
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (status, body) =
            self.post("/v1/payment_intents", charge.order_id.as_str(), &form).await?;
        Ok(verdict(status, &body)?)
    }

    async fn refund(&self, order: &OrderId, reference: &str, _: Money) -> Result<()> {
        let form = [("payment_intent", reference), ("metadata[order_id]", order.as_str())];
        let (status, body) = self.post("/v1/refunds", &format!("refund-{order}"), &form).await?;
        let code = || serde_json::from_value::<ApiError>(body.clone()).ok()?.error.code;
        if status.is_success() || code().is_some_and(|code| code == "charge_already_refunded") {
            return Ok(());
        }
        if rejects_credentials(status) {
            tell_how_to_mend_credentials(status);
        }
        Err(undecided("refund", status, &body).into())
    }
}

/// Reads what became of a charge. Only what is final is a verdict: a conflict, an overload or a
/// fault of the provider may hide a charge.
fn verdict(status: StatusCode, body: &Value) -> std::result::Result<Verdict, Failure> {
    if status.is_success() {
        let intent = Intent::deserialize(body).map_err(|_| undecided("charge", status, body))?;
        return match intent.status.as_str() {
            "succeeded" => Ok(Verdict::Charged(intent.id)),
            "requires_action" | "requires_payment_method" | "canceled" => {
                Ok(Verdict::Declined(intent.status))
            }
            _ => Err(undecided("charge", status, body)),
        };
    }
    if rejects_credentials(status) {
        tell_how_to_mend_credentials(status);
        return Ok(Verdict::Unauthorized);
    }
    let error = serde_json::from_value::<ApiError>(body.clone())
        .map_err(|_| undecided("charge", status, body))?
        .error;
    let kind = (status, error.kind.as_str());
    match kind {
        (StatusCode::PAYMENT_REQUIRED, "card_error")
        | (StatusCode::BAD_REQUEST, "invalid_request_error") => {
            Ok(Verdict::Declined(error.code.unwrap_or(error.kind)))
        }
        _ => Err(undecided("charge", status, body)),
    }
}

fn rejects_credentials(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

fn tell_how_to_mend_credentials(status: StatusCode) {
    tracing::error!(
        %status,
        "the payment provider rejects the API key: put a valid one into secret `{API_KEY}` of the \
         Dapr component `secrets` (on a plain machine: .local/secrets.json)"
    );
}

fn undecided(operation: &'static str, status: StatusCode, body: &Value) -> Failure {
    let kind = body.pointer("/error/type").and_then(Value::as_str).unwrap_or("no error of its own");
    Failure::new("payment provider", operation, format!("{status}: {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::euro;
    use serde_json::json;

    fn error(kind: &str, code: &str) -> Value {
        json!({"error": {"type": kind, "code": code, "message": "…"}})
    }

    #[derive(Clone)]
    struct FakeSecrets(&'static [(&'static str, &'static str)]);

    impl Secrets for FakeSecrets {
        async fn secret(&self, name: &str) -> Result<Secret> {
            let found = self.0.iter().find(|(known, _)| *known == name);
            let found = found.ok_or_else(|| Failure::new("fake secrets", "read", "none"))?;
            Ok(Secret::new(found.1.to_owned()))
        }
    }

    /// Charges at a fake provider that takes the key `good` alone.
    async fn charge_by(secrets: &'static [(&'static str, &'static str)]) -> Verdict {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let pay = async |headers: HeaderMap| {
            let good = headers["authorization"] == "Bearer good";
            let intent = axum::Json(json!({"id": "pi_1", "status": "succeeded"}));
            if good { Ok(intent) } else { Err((StatusCode::UNAUTHORIZED, axum::Json(json!({})))) }
        };
        let app = axum::Router::new().route("/v1/payment_intents", axum::routing::post(pay));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await });
        let order_id = "a".parse().unwrap();
        let payment_method = "pm_card_visa".to_owned().try_into().unwrap();
        let charge = Charge { order_id, amount: euro(5), payment_method };
        StripeProvider::new(base, FakeSecrets(secrets)).charge(&charge).await.unwrap()
    }

    #[tokio::test]
    async fn the_previous_key_is_tried_when_the_current_one_is_not_taken() {
        let charged = Verdict::Charged("pi_1".to_owned());
        assert_eq!(charge_by(&[(API_KEY, "good")]).await, charged);
        assert_eq!(charge_by(&[(API_KEY, "new"), (PREVIOUS_API_KEY, "good")]).await, charged);
        for keys in [
            &[(API_KEY, "bad")] as &[_],
            &[(API_KEY, "bad"), (PREVIOUS_API_KEY, "bad")],
            &[(API_KEY, "bad"), (PREVIOUS_API_KEY, "worse")],
        ] {
            assert_eq!(charge_by(keys).await, Verdict::Unauthorized);
        }
    }

    #[test]
    fn a_succeeded_intent_is_charged() {
        let body = json!({"id": "pi_1", "object": "payment_intent", "status": "succeeded"});
        assert_eq!(verdict(StatusCode::OK, &body).unwrap(), Verdict::Charged("pi_1".into()));
    }

    #[test]
    fn a_declined_card_is_declined_with_its_code() {
        let declined =
            verdict(StatusCode::PAYMENT_REQUIRED, &error("card_error", "card_declined")).unwrap();
        assert_eq!(declined, Verdict::Declined("card_declined".into()));
    }

    #[test]
    fn rejected_credentials_are_a_verdict_of_their_own() {
        let body = error("invalid_request_error", "");
        assert_eq!(verdict(StatusCode::UNAUTHORIZED, &body).unwrap(), Verdict::Unauthorized);
    }

    #[test]
    fn what_may_hide_a_charge_is_no_verdict() {
        for (status, kind) in [
            (StatusCode::CONFLICT, "invalid_request_error"),
            (StatusCode::BAD_REQUEST, "idempotency_error"),
            (StatusCode::TOO_MANY_REQUESTS, "invalid_request_error"),
            (StatusCode::INTERNAL_SERVER_ERROR, "api_error"),
        ] {
            assert!(verdict(status, &error(kind, "x")).is_err(), "{status} {kind}");
        }
        assert!(verdict(StatusCode::OK, &json!({"id": "pi_1", "status": "processing"})).is_err());
        assert!(verdict(StatusCode::BAD_GATEWAY, &json!("<html>")).is_err());
    }
}
