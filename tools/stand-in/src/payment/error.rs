//! Error responses in Stripe's wording: <https://docs.stripe.com/api/errors>.

use crate::payment::objects::{ErrorObject, PaymentIntent, Reply};
use axum::extract::rejection::BytesRejection;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

const INVALID_REQUEST: &str = "invalid_request_error";

/// An error response and its status.
#[derive(Clone, Debug)]
pub(crate) struct StripeError {
    status: StatusCode,
    error: Box<ErrorObject>,
}

#[derive(Serialize)]
struct Envelope {
    error: Box<ErrorObject>,
}

impl StripeError {
    pub(crate) fn new(status: StatusCode, error: ErrorObject) -> Self {
        Self { status, error: Box::new(error) }
    }

    pub(crate) fn invalid(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, ErrorObject::new(INVALID_REQUEST, message))
    }

    /// 400, for the whole request.
    pub(crate) fn rejected(message: impl Into<String>) -> Self {
        Self::invalid(StatusCode::BAD_REQUEST, message)
    }

    /// 400, for a parameter.
    pub(crate) fn parameter(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(StatusCode::BAD_REQUEST, message).on(param)
    }

    fn on(mut self, param: &str) -> Self {
        self.error.param = Some(param.to_owned());
        self
    }

    pub(crate) fn coded(mut self, code: &'static str) -> Self {
        self.error.code = Some(code);
        self
    }

    pub(crate) fn missing(param: &str) -> Self {
        Self::parameter(param, format!("Missing required param: {param}."))
            .coded("parameter_missing")
    }

    pub(crate) fn unknown(param: &str) -> Self {
        Self::parameter(param, format!("Received unknown parameter: {param}"))
            .coded("parameter_unknown")
    }

    pub(crate) fn not_form() -> Self {
        let message = "Invalid request (check that your POST content type is \
                       application/x-www-form-urlencoded).";
        Self::invalid(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn not_json() -> Self {
        let message = "Invalid request (check that your POST content type is application/json and its body \
             a JSON object).";
        Self::invalid(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn no_key() -> Self {
        let message = "You did not provide an API key. You need to provide your API key in the \
                       Authorization header, using Bearer auth (e.g. 'Authorization: Bearer \
                       YOUR_SECRET_KEY').";
        Self::invalid(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn invalid_key(masked: &str) -> Self {
        let message = format!("Invalid API Key provided: {masked}");
        Self::invalid(StatusCode::UNAUTHORIZED, message)
    }

    pub(crate) fn expired_key(masked: &str) -> Self {
        let message = format!("Expired API Key provided: {masked}");
        Self::invalid(StatusCode::UNAUTHORIZED, message).coded("api_key_expired")
    }

    pub(crate) fn unrecognized(method: &Method, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self::invalid(StatusCode::NOT_FOUND, message)
    }

    /// 404: the object that `param` names does not exist.
    pub(crate) fn missing_resource(param: &str, message: impl Into<String>) -> Self {
        Self::invalid(StatusCode::NOT_FOUND, message).on(param).coded("resource_missing")
    }

    /// 400: the intent's state does not allow the operation.
    pub(crate) fn unexpected_state(message: impl Into<String>, intent: PaymentIntent) -> Self {
        let mut error = Self::rejected(message).coded("payment_intent_unexpected_state");
        error.error.payment_intent = Some(Box::new(intent));
        error
    }

    /// 400: a confirmation needs a payment method.
    pub(crate) fn no_method() -> Self {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment method. \
                       Confirm it with a payment_method.";
        Self::parameter("payment_method", message).coded("payment_intent_unexpected_state")
    }

    /// 400: a confirmation that may redirect the customer needs a page to return to:
    /// <https://docs.stripe.com/api/payment_intents/create#create_payment_intent-automatic_payment_methods-allow_redirects>.
    pub(crate) fn no_return_url() -> Self {
        let message = "This PaymentIntent accepts payment methods that might redirect your customer \
                       off of your page, so you must provide a `return_url`. If you don't want to \
                       accept them, set `automatic_payment_methods[enabled]` to `true` and \
                       `automatic_payment_methods[allow_redirects]` to `never` when creating it.";
        Self::parameter("return_url", message)
    }

    /// 429: too many calls in too short a time, <https://docs.stripe.com/rate-limits>.
    pub(crate) fn rate_limited() -> Self {
        Self::full("Request rate limit exceeded. Learn more: https://docs.stripe.com/rate-limits")
    }

    /// 409: another call with the same idempotency key is still running.
    pub(crate) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably \
             means you submitted twice, and the other request is still going through): {key}. Please \
             try again later."
        );
        Self::invalid(StatusCode::CONFLICT, message).coded("idempotency_key_in_use")
    }

    /// 500: a failure of the provider.
    pub(crate) fn internal() -> Self {
        let error = ErrorObject::new("api_error", "An unknown error occurred.");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }

    pub(crate) fn full(message: impl Into<String>) -> Self {
        Self::invalid(StatusCode::TOO_MANY_REQUESTS, message).coded("rate_limit")
    }

    pub(crate) fn declined(intent: PaymentIntent) -> Self {
        let error = match &intent.last_payment_error {
            Some(cause) => ErrorObject::clone(cause),
            None => ErrorObject::new("card_error", "Your card was declined."),
        };
        let error = ErrorObject { payment_intent: Some(Box::new(intent)), ..error };
        Self::new(StatusCode::PAYMENT_REQUIRED, error)
    }

    /// The error as a reply that can be saved and replayed.
    pub(crate) fn into_reply(self) -> Reply {
        Reply::new(self.status, &Envelope { error: self.error })
    }
}

impl IntoResponse for StripeError {
    fn into_response(self) -> Response {
        self.into_reply().into_response()
    }
}

impl From<BytesRejection> for StripeError {
    fn from(rejection: BytesRejection) -> Self {
        Self::invalid(rejection.status(), rejection.body_text())
    }
}
