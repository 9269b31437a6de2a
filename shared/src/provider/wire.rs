//! The provider's responses. A declined card, an invalid request, rejected credentials and an outage
//! are four different results.

use super::amounts::Sum;
use crate::domain::payment::{IntentStatus, RefundStatus};
use crate::ports::{API_KEY, Failure, Intent, OrFail, ProviderAnswer, RefundObject};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;

const PROVIDER: &str = "payment provider";

type Read<T> = Result<T, Failure>;

/// [Stripe's PaymentIntent](https://docs.stripe.com/api/payment_intents/object), as far as it
/// matters here.
#[derive(Debug, Deserialize)]
struct IntentBody {
    id: String,
    status: IntentStatus,
    last_payment_error: Option<LastError>,
    #[serde(flatten)]
    sum: Sum,
}

#[derive(Debug, Deserialize)]
struct LastError {
    code: Option<String>,
}

/// [Stripe's Refund](https://docs.stripe.com/api/refunds/object), as far as it matters here.
#[derive(Debug, Deserialize)]
struct RefundBody {
    id: String,
    status: Option<RefundStatus>,
    metadata: Option<HashMap<String, String>>,
    #[serde(flatten)]
    sum: Sum,
}

#[derive(Debug, Deserialize)]
struct Page<T> {
    data: Vec<T>,
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
    param: Option<String>,
    message: Option<String>,
}

/// The result of a request for an intent.
pub(super) fn intent(status: StatusCode, body: &Value) -> Read<ProviderAnswer<Intent>> {
    Ok(match read::<IntentBody>("charge", status, body)? {
        ProviderAnswer::Done(IntentBody { id, status, last_payment_error, sum }) => {
            let declined = last_payment_error.and_then(|error| error.code);
            ProviderAnswer::Done(Intent { id, status, declined, amount: sum.money()? })
        }
        ProviderAnswer::Declined(code) => ProviderAnswer::Declined(code),
        ProviderAnswer::KeySpent(failure) => ProviderAnswer::KeySpent(failure),
    })
}

/// The result of a request for a refund.
pub(super) fn refund(status: StatusCode, body: &Value) -> Read<ProviderAnswer<RefundObject>> {
    Ok(match read::<RefundBody>("refund", status, body)? {
        ProviderAnswer::Done(refund) => ProviderAnswer::Done(refund.try_into()?),
        ProviderAnswer::Declined(code) => ProviderAnswer::Declined(code),
        ProviderAnswer::KeySpent(failure) => ProviderAnswer::KeySpent(failure),
    })
}

/// The refunds of a list.
pub(super) fn refunds(status: StatusCode, body: &Value) -> Read<Vec<RefundObject>> {
    let page: Page<RefundBody> = done("list refunds", read("list refunds", status, body)?)?;
    page.data.into_iter().map(RefundObject::try_from).collect()
}

/// The object; anything else is a failure of `operation`.
pub(super) fn done<T>(operation: &'static str, answer: ProviderAnswer<T>) -> Read<T> {
    match answer {
        ProviderAnswer::Done(done) => Ok(done),
        ProviderAnswer::Declined(code) => Err(Failure::new(PROVIDER, operation, code)),
        ProviderAnswer::KeySpent(failure) => Err(failure),
    }
}

/// Whether the provider rejects the shop's key.
pub(super) fn rejects_credentials(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

/// The path without ids, for traces.
pub(super) fn route(path: &str) -> String {
    let named = |part: &str| if part.starts_with("pi_") { "{intent}" } else { part }.to_owned();
    path.split('/').map(named).collect::<Vec<_>>().join("/")
}

/// Reads a response by [Stripe's table](https://docs.stripe.com/error-handling).
fn read<T: DeserializeOwned>(
    operation: &'static str,
    status: StatusCode,
    body: &Value,
) -> Read<ProviderAnswer<T>> {
    if status.is_success() {
        return T::deserialize(body).or_fail(PROVIDER, operation).map(ProviderAnswer::Done);
    }
    if rejects_credentials(status) {
        log_rejected_credentials(status);
        return Err(Failure::new(
            PROVIDER,
            operation,
            format!("{status}: the API key is rejected"),
        ));
    }
    let error = ApiError::deserialize(body).ok().map(|body| body.error);
    let why = format!("{status}: {}", words(error.as_ref()));
    let failure = Failure::new(PROVIDER, operation, why.clone());
    if status.is_server_error() {
        return Ok(ProviderAnswer::KeySpent(failure));
    }
    let Some(error) = error else { return Err(failure) };
    let code = || error.code.clone().unwrap_or_else(|| error.kind.clone());
    match (status, error.kind.as_str(), error.param.as_deref()) {
        (StatusCode::PAYMENT_REQUIRED, "card_error", _)
        | (StatusCode::BAD_REQUEST, "invalid_request_error", Some("payment_method")) => {
            return Ok(ProviderAnswer::Declined(code()));
        }
        (StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS, ..) => return Err(failure),
        // Another request was faster: the intent is read again.
        _ if error.code.as_deref() == Some("payment_intent_unexpected_state") => {
            return Err(failure);
        }
        _ => tracing::error!(
            why,
            "the payment provider rejects a request as invalid: the error is in the shop, not in \
             the customer's card"
        ),
    }
    if error.kind == "idempotency_error" {
        Ok(ProviderAnswer::KeySpent(failure))
    } else {
        Err(failure)
    }
}

/// The provider's message, for staff.
fn words(error: Option<&ErrorBody>) -> String {
    let Some(error) = error else { return "without an error object".to_owned() };
    let members =
        [Some(&error.kind), error.code.as_ref(), error.param.as_ref(), error.message.as_ref()];
    let members: Vec<_> = members.into_iter().flatten().map(String::as_str).collect();
    members.join(", ").chars().take(300).collect()
}

fn log_rejected_credentials(status: StatusCode) {
    tracing::error!(
        %status,
        "the payment provider rejects the API key, and payments wait for a valid one: put one \
         into secret `{API_KEY}` of the Dapr component `secrets` (on a plain machine: \
         .local/secrets.json)"
    );
}

impl TryFrom<RefundBody> for RefundObject {
    type Error = Failure;

    fn try_from(refund: RefundBody) -> Read<Self> {
        let RefundBody { id, status, metadata, sum } = refund;
        let refund_id = metadata.and_then(|mut metadata| metadata.remove("refund_id"));
        let status = status.unwrap_or(RefundStatus::Unknown);
        Ok(Self { id, refund_id, status, amount: sum.money()? })
    }
}

#[cfg(test)]
mod tests;
