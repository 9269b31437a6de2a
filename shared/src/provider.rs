//! The payment provider, by [Stripe's API](https://docs.stripe.com/api): payment intents and
//! refunds, form-encoded, idempotent by key.

mod amounts;
mod credentials;
mod keys;
mod wire;

pub use keys::StripeKeys;

use self::credentials::Credentials;
use crate::domain::payment::Owner;
use crate::observe;
use crate::ports::{
    Intent, IntentRequest, OrFail, Provider, ProviderAnswer, RefundObject, RefundRequest, Result,
    Secret, Secrets,
};
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde_json::Value;
use std::time::{Duration, Instant};
use tracing::{Instrument, Span, field};

/// The timeout of a request: less than that of an invocation, so that the caller learns the result.
const DEADLINE: Duration = Duration::from_secs(5);

/// The most refunds that one page of a list holds
/// ([pagination](https://docs.stripe.com/api/pagination)).
const PAGE: &str = "100";

/// A payment provider that speaks Stripe's wire format.
#[derive(Debug, Clone)]
pub struct StripeProvider<S> {
    http: reqwest::Client,
    base: Url,
    credentials: Credentials<S>,
}

/// A request: the operation, and its form or query.
struct Ask<'a> {
    method: Method,
    path: &'a str,
    key: Option<&'a str>,
    fields: &'a [(&'a str, &'a str)],
}

impl<S: Secrets> StripeProvider<S> {
    /// The provider at `base`, such as `https://api.stripe.com`; `secrets` has its key.
    ///
    /// # Panics
    /// When no TLS provider is installed.
    #[must_use]
    pub fn new(base: Url, secrets: S) -> Self {
        Self { http: reqwest::Client::new(), base, credentials: Credentials::new(secrets) }
    }

    async fn ask(&self, ask: Ask<'_>) -> Result<(StatusCode, Value)> {
        let key = self.credentials.current().await?;
        let end = Instant::now() + DEADLINE;
        let answer = self.ask_with(&key, end, &ask).await?;
        if !wire::rejects_credentials(answer.0) {
            return Ok(answer);
        }
        for other in self.credentials.others(&key).await {
            tracing::info!("the payment provider rejects an API key; trying another one");
            let again = self.ask_with(&other, end, &ask).await?;
            if !wire::rejects_credentials(again.0) {
                return Ok(again);
            }
        }
        Ok(answer)
    }

    async fn ask_with(
        &self,
        secret: &Secret,
        end: Instant,
        ask: &Ask<'_>,
    ) -> Result<(StatusCode, Value)> {
        let span = tracing::info_span!(
            "ask the payment provider",
            otel.kind = "client",
            otel.name = format!("{} {}", ask.method, wire::route(ask.path)),
            otel.status_code = field::Empty,
            http.request.method = %ask.method,
            http.response.status_code = field::Empty,
            error.r#type = field::Empty,
            peer.service = "payment provider",
        );
        let asked = async {
            let mut headers = HeaderMap::new();
            observe::inject(&mut headers);
            let request = self.request(ask, secret).headers(headers);
            answer(request.timeout(end.saturating_duration_since(Instant::now()))).await
        };
        Ok(asked.instrument(span).await.or_fail("payment provider", "answer")?)
    }

    fn request(&self, ask: &Ask<'_>, secret: &Secret) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(ask.path);
        let request = self.http.request(ask.method.clone(), url).bearer_auth(secret.expose());
        let request = match ask.key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        if ask.method == Method::GET { request.query(ask.fields) } else { request.form(ask.fields) }
    }

    async fn intent(&self, method: Method, path: &str) -> Result<ProviderAnswer<Intent>> {
        let (status, body) = self.ask(Ask { method, path, key: None, fields: &[] }).await?;
        Ok(wire::intent(status, &body)?)
    }
}

async fn answer(request: RequestBuilder) -> reqwest::Result<(StatusCode, Value)> {
    let response = request.send().await?;
    let status = response.status();
    observe::answered(&Span::current(), status.as_u16());
    let body = response.bytes().await?;
    // A proxy in between may respond with something other than JSON.
    Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
}

impl<S: Secrets> Provider for StripeProvider<S> {
    async fn create(&self, request: &IntentRequest, key: &str) -> Result<ProviderAnswer<Intent>> {
        let charge = &request.charge;
        let amount = amounts::charged(charge.amount)?.to_string();
        let currency = charge.amount.currency().as_str().to_ascii_lowercase();
        let whose = match request.by {
            Owner::Order => "metadata[order_id]",
            Owner::Caller => "metadata[reference]",
        };
        let fields = [
            ("amount", amount.as_str()),
            ("currency", &currency),
            ("payment_method", charge.payment_method.as_str()),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            (whose, charge.order_id.as_str()),
            ("metadata[payment_id]", request.payment_id.as_str()),
        ];
        let path = "/v1/payment_intents";
        let ask = Ask { method: Method::POST, path, key: Some(key), fields: &fields };
        let (status, body) = self.ask(ask).await?;
        Ok(wire::intent(status, &body)?)
    }

    async fn confirm(&self, intent: &str) -> Result<ProviderAnswer<Intent>> {
        self.intent(Method::POST, &format!("/v1/payment_intents/{intent}/confirm")).await
    }

    async fn cancel(&self, intent: &str) -> Result<Intent> {
        let path = format!("/v1/payment_intents/{intent}/cancel");
        Ok(wire::done("cancel", self.intent(Method::POST, &path).await?)?)
    }

    async fn read(&self, intent: &str) -> Result<Intent> {
        let path = format!("/v1/payment_intents/{intent}");
        Ok(wire::done("read an intent", self.intent(Method::GET, &path).await?)?)
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> Result<ProviderAnswer<RefundObject>> {
        let amount = amounts::charged(request.amount)?.to_string();
        let fields = [
            ("payment_intent", request.intent.as_str()),
            ("amount", &amount),
            ("metadata[refund_id]", request.refund_id.as_str()),
        ];
        let path = "/v1/refunds";
        let ask = Ask { method: Method::POST, path, key: Some(key), fields: &fields };
        let (status, body) = self.ask(ask).await?;
        Ok(wire::refund(status, &body)?)
    }

    async fn refunds(&self, intent: &str) -> Result<Vec<RefundObject>> {
        let fields = [("payment_intent", intent), ("limit", PAGE)];
        let ask = Ask { method: Method::GET, path: "/v1/refunds", key: None, fields: &fields };
        let (status, body) = self.ask(ask).await?;
        Ok(wire::refunds(status, &body)?)
    }
}

#[cfg(test)]
mod tests;
