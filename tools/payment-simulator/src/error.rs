//! The errors callers see, in Stripe's wording: <https://docs.stripe.com/api/errors>.

use axum::extract::rejection::{BytesRejection, JsonRejection};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use stand_in::faults::PlanError;

use crate::book::{ChargeError, RefundError};
use crate::idempotency::{ClaimError, MAX_KEY_CHARS};
use crate::keyring::{NoSuchKey, RotateError};
use crate::objects::{ErrorObject, PaymentIntent, Reply};

const INVALID_REQUEST: &str = "invalid_request_error";

/// An error and the status it travels under.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    error: Box<ErrorObject>,
}

#[derive(Serialize)]
struct Envelope {
    error: Box<ErrorObject>,
}

impl ApiError {
    fn new(status: StatusCode, error: ErrorObject) -> Self {
        Self { status, error: Box::new(error) }
    }

    fn invalid(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, ErrorObject::new(INVALID_REQUEST, message))
    }

    /// A parameter that Stripe would refuse before it does anything.
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

    pub(crate) fn bad_idempotency_key() -> Self {
        let message =
            format!("Idempotency keys are 1 to {MAX_KEY_CHARS} printable ASCII characters long.");
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

    pub(crate) fn no_such_intent(id: &str, param: &str) -> Self {
        Self::invalid(StatusCode::NOT_FOUND, format!("No such payment_intent: '{id}'"))
            .on(param)
            .coded("resource_missing")
    }

    /// A failure of the provider's own.
    pub(crate) fn internal() -> Self {
        let error = ErrorObject::new("api_error", "An unknown error occurred.");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error)
    }

    fn full(message: String) -> Self {
        Self::invalid(StatusCode::TOO_MANY_REQUESTS, message).coded("rate_limit")
    }

    fn declined(intent: PaymentIntent) -> Self {
        let error = match &intent.last_payment_error {
            Some(cause) => ErrorObject::clone(cause),
            None => ErrorObject::new("card_error", "Your card was declined."),
        };
        let error = ErrorObject { payment_intent: Some(Box::new(intent)), ..error };
        Self::new(StatusCode::PAYMENT_REQUIRED, error)
    }

    /// The same error as a reply that can be kept and given again.
    pub(crate) fn into_reply(self) -> Reply {
        Reply::new(self.status, &Envelope { error: self.error })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.into_reply().into_response()
    }
}

impl From<ChargeError> for ApiError {
    fn from(error: ChargeError) -> Self {
        match error {
            ChargeError::Declined(intent) => Self::declined(*intent),
            ChargeError::Full => Self::full(error.to_string()),
        }
    }
}

impl From<RefundError> for ApiError {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NoSuchIntent(id) => Self::no_such_intent(&id, "payment_intent"),
            RefundError::NeverCharged(id) => Self::parameter(
                "payment_intent",
                format!("This PaymentIntent ({id}) does not have a successful charge to refund."),
            ),
            RefundError::AlreadyRefunded(charge) => Self::invalid(
                StatusCode::BAD_REQUEST,
                format!("Charge {charge} has already been refunded."),
            )
            .coded("charge_already_refunded"),
            RefundError::TooMuch { asked, left, currency } => Self::parameter(
                "amount",
                format!(
                    "Refund amount ({asked} {currency}) is greater than unrefunded amount on \
                     charge ({left} {currency})"
                ),
            ),
        }
    }
}

impl From<ClaimError> for ApiError {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::InUse(key) => Self::invalid(
                StatusCode::CONFLICT,
                format!(
                    "There is currently another in-progress request using this Idempotent Key \
                     (that probably means you submitted twice, and the other request is still \
                     going through): {key}. Please try again later."
                ),
            )
            .coded("idempotency_key_in_use"),
            ClaimError::OtherParameters(key) => {
                let message = format!(
                    "Keys for idempotent requests can only be used with the same parameters they \
                     were first used with. Try using a key other than '{key}' if you meant to \
                     execute a different request."
                );
                let error = ErrorObject::new("idempotency_error", message);
                Self::new(StatusCode::BAD_REQUEST, error)
            }
            ClaimError::Full => Self::full(error.to_string()),
        }
    }
}

impl From<NoSuchKey> for ApiError {
    fn from(error: NoSuchKey) -> Self {
        Self::invalid(StatusCode::NOT_FOUND, error.to_string()).on("id").coded("resource_missing")
    }
}

impl From<RotateError> for ApiError {
    fn from(error: RotateError) -> Self {
        match error {
            RotateError::NoSuchKey(error) => error.into(),
            RotateError::Full => Self::full(error.to_string()),
            RotateError::Expired(_) | RotateError::Rotated(_) => {
                Self::parameter("id", error.to_string())
            }
        }
    }
}

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        Self::invalid(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        Self::invalid(rejection.status(), rejection.body_text())
    }
}

impl From<BytesRejection> for ApiError {
    fn from(rejection: BytesRejection) -> Self {
        Self::invalid(rejection.status(), rejection.body_text())
    }
}
