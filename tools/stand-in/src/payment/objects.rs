//! The objects in Stripe's responses, and replies that can be replayed.

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// A payment intent: <https://docs.stripe.com/api/payment_intents/object>.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PaymentIntent {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) amount: u64,
    pub(crate) amount_received: u64,
    pub(crate) automatic_payment_methods: AutomaticMethods,
    pub(crate) canceled_at: Option<i64>,
    pub(crate) cancellation_reason: Option<String>,
    pub(crate) created: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) last_payment_error: Option<Box<ErrorObject>>,
    /// None before the first attempt to charge.
    pub(crate) latest_charge: Option<String>,
    pub(crate) livemode: bool,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) next_action: Option<NextAction>,
    /// None after a decline: the intent then needs another method.
    pub(crate) payment_method: Option<String>,
    pub(crate) status: IntentStatus,
}

/// Which payment methods are allowed in addition to cards.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct AutomaticMethods {
    pub(crate) allow_redirects: &'static str,
    pub(crate) enabled: bool,
}

impl AutomaticMethods {
    /// Whether a confirmation may redirect the customer.
    pub(crate) fn may_redirect(self) -> bool {
        self.enabled && self.allow_redirects == "always"
    }
}

/// What the customer has to do next.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct NextAction {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

/// The state of an intent: <https://docs.stripe.com/payments/paymentintents/lifecycle>. Only an
/// intent whose charge is captured manually can be `requires_capture`; there are none here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
}

impl IntentStatus {
    /// Its name in the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A refund: <https://docs.stripe.com/api/refunds/object>.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) amount: u64,
    pub(crate) charge: String,
    pub(crate) created: i64,
    pub(crate) currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure_reason: Option<&'static str>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) payment_intent: String,
    pub(crate) reason: Option<String>,
    pub(crate) status: RefundStatus,
}

/// The state of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundStatus {
    Pending,
    RequiresAction,
    Succeeded,
    Failed,
    Canceled,
}

/// A page of a list: <https://docs.stripe.com/api/pagination>.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) object: &'static str,
    pub(crate) url: &'static str,
    pub(crate) has_more: bool,
    pub(crate) data: Vec<T>,
}

/// A new API key: <https://docs.stripe.com/api/v2/iam/api-keys/object>. It has no `Debug`,
/// because it contains a token.
#[derive(Serialize)]
pub(crate) struct IssuedKey {
    pub(crate) id: String,
    pub(crate) object: &'static str,
    pub(crate) created: Timestamp,
    pub(crate) livemode: bool,
    pub(crate) name: &'static str,
    pub(crate) status: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) ip_allowlist: [&'static str; 0],
    pub(crate) secret_key: IssuedSecret,
}

/// The token of a key, and its masked form.
#[derive(Serialize)]
pub(crate) struct IssuedSecret {
    pub(crate) token: String,
    pub(crate) secret_token_redacted: String,
}

/// An error: <https://docs.stripe.com/api/errors>.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorObject {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) decline_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) charge: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_intent: Option<Box<PaymentIntent>>,
}

impl ErrorObject {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            code: None,
            decline_code: None,
            param: None,
            charge: None,
            payment_intent: None,
        }
    }
}

/// A response: its status and its JSON.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Bytes,
}

impl fmt::Debug for Reply {
    /// Without the body, which may contain a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Reply {
    pub(crate) fn new(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("structs with string keys are always JSON");
        Self { status, body: body.into() }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        (self.status, [(CONTENT_TYPE, "application/json")], self.body).into_response()
    }
}
