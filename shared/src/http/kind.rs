//! The fixed part of problems: a `type`, a status and a title for each refusal and each
//! kind of error.

use crate::domain::Refusal;
use axum::http::StatusCode;
use strum::IntoStaticStr;

/// What kind of error a problem reports that is no refusal. Its name in kebab case is the problem's
/// `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// A step of an order failed after all its tries.
    StepFailed,
    /// No order has the id in the path.
    UnknownOrder,
    /// The order is still on its way.
    OrderNotEnded,
    /// The goods of the order are on their way or with the customer.
    OrderShipped,
    /// No payment has the id in the path.
    UnknownPayment,
    /// No function serves the path.
    UnknownRoute,
    /// The path is served, the method is not.
    MethodNotAllowed,
    /// The caller accepts no JSON.
    NotAcceptable,
    /// The body was not there in time.
    BodyTooSlow,
    /// The key of an earlier request came with another body.
    KeyReused,
    /// What is there is not as the request's condition expects.
    PreconditionFailed,
    /// What is there is changed under a condition only.
    PreconditionRequired,
    /// The body cannot be parsed as JSON.
    MalformedJson,
    /// The body is not declared as JSON, or is compressed.
    UnsupportedMediaType,
    /// The body has more bytes than [`MAX_BODY_BYTES`](super::extract::MAX_BODY_BYTES).
    BodyTooLarge,
    /// The headers that go on to a function have more bytes than it reads.
    HeadersTooLarge,
    /// A field, parameter or header is not as it must be; the member `field` names it.
    InvalidRequest,
    /// The request shows no token.
    NoToken,
    /// The token of the request is not good.
    InvalidToken,
    /// The token of the request lacks the scope.
    MissingScope,
    /// The caller does not show the token of this function's sidecar.
    NotFromSidecar,
    /// A store, a broker, a function or the payment provider cannot be reached.
    DependencyUnavailable,
    /// As much is done at once as may be.
    Overloaded,
    /// The answer took longer than a request may.
    Timeout,
    /// A fault of the shop's own.
    Internal,
}

/// A row of the table: what every problem of a kind says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    /// The problem's `type`.
    pub(super) name: &'static str,
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
}

impl From<&Refusal> for Row {
    fn from(refusal: &Refusal) -> Self {
        use StatusCode as S;
        let (status, title) = match refusal {
            Refusal::OutOfStock { .. } => (S::CONFLICT, "Out of stock"),
            Refusal::UnknownProduct { .. } => (S::NOT_FOUND, "Unknown product"),
            Refusal::PriceChanged { .. } => (S::CONFLICT, "The price has changed"),
            Refusal::MixedCurrencies => (S::CONFLICT, "Mixed currencies"),
            Refusal::TotalTooLarge => (S::UNPROCESSABLE_ENTITY, "The total is too large"),
            Refusal::TotalTooSmall { .. } => (S::UNPROCESSABLE_ENTITY, "The total is too small"),
            Refusal::CurrencyNotTaken { .. } => {
                (S::UNPROCESSABLE_ENTITY, "The currency is not taken")
            }
            Refusal::BelowReserved { .. } => (S::CONFLICT, "Less than what is reserved"),
            Refusal::ReservationMismatch { .. } => (S::CONFLICT, "Another reservation exists"),
            Refusal::TooManyReservations { .. } => (S::CONFLICT, "Too many reservations"),
            Refusal::ReservationExpired { .. } => (S::CONFLICT, "The reservation has expired"),
            Refusal::ReservationCommitted { .. } => (S::CONFLICT, "The order is on its way"),
            Refusal::PaymentDeclined { .. } => (S::PAYMENT_REQUIRED, "The payment was declined"),
            Refusal::PaymentNeedsCustomer => {
                (S::PAYMENT_REQUIRED, "The customer would have to act")
            }
            Refusal::PaymentUnavailable => (S::SERVICE_UNAVAILABLE, "Payments are not available"),
            Refusal::PaymentVoided => (S::CONFLICT, "The payment was cancelled"),
            Refusal::PaymentMismatch => (S::CONFLICT, "Another payment exists"),
            Refusal::PaymentOfAnOrder { .. } => (S::CONFLICT, "The payment belongs to an order"),
            Refusal::RefundTooLarge { .. } => (S::CONFLICT, "More than is left to be refunded"),
            Refusal::NothingToRefund => (S::CONFLICT, "Nothing is left to be refunded"),
            Refusal::RefundMismatch => (S::CONFLICT, "Another refund exists"),
            Refusal::TooManyRefunds => (S::CONFLICT, "Too many refunds"),
            Refusal::CountryNotServed { .. } => {
                (S::UNPROCESSABLE_ENTITY, "The country is not served")
            }
            Refusal::ShipmentCancelled => (S::CONFLICT, "The shipment was cancelled"),
            Refusal::CancelRequested { .. } => (S::CONFLICT, "Cancelled on request"),
            Refusal::Other(_) => (S::CONFLICT, "It was refused"),
        };
        Self { name: refusal.name(), status, title }
    }
}

impl From<Kind> for Row {
    fn from(kind: Kind) -> Self {
        use StatusCode as S;
        let (status, title) = match kind {
            Kind::StepFailed => (S::SERVICE_UNAVAILABLE, "A step of the order failed"),
            Kind::UnknownOrder => (S::NOT_FOUND, "Unknown order"),
            Kind::OrderNotEnded => (S::CONFLICT, "The order has not ended"),
            Kind::OrderShipped => (S::CONFLICT, "The order is shipped"),
            Kind::UnknownPayment => (S::NOT_FOUND, "Unknown payment"),
            Kind::UnknownRoute => (S::NOT_FOUND, "No such path"),
            Kind::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "Method not allowed"),
            Kind::NotAcceptable => (S::NOT_ACCEPTABLE, "Only JSON can be answered"),
            Kind::BodyTooSlow => (S::REQUEST_TIMEOUT, "The body took too long"),
            Kind::KeyReused => (S::UNPROCESSABLE_ENTITY, "The idempotency key was used before"),
            Kind::PreconditionFailed => (S::PRECONDITION_FAILED, "The condition does not hold"),
            Kind::PreconditionRequired => (S::PRECONDITION_REQUIRED, "A condition must be stated"),
            Kind::MalformedJson => (S::BAD_REQUEST, "The body is no JSON"),
            Kind::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "The body must be declared as JSON")
            }
            Kind::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "The body is too large"),
            Kind::HeadersTooLarge => {
                (S::REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large")
            }
            Kind::InvalidRequest => (S::UNPROCESSABLE_ENTITY, "The request is not valid"),
            Kind::NoToken => (S::UNAUTHORIZED, "A token is needed"),
            Kind::InvalidToken => (S::UNAUTHORIZED, "The token is not good"),
            Kind::MissingScope => (S::FORBIDDEN, "The token does not allow it"),
            Kind::NotFromSidecar => (S::FORBIDDEN, "Not from the sidecar"),
            Kind::DependencyUnavailable => (S::SERVICE_UNAVAILABLE, "Temporarily unavailable"),
            Kind::Overloaded => (S::SERVICE_UNAVAILABLE, "Too much at once"),
            Kind::Timeout => (S::SERVICE_UNAVAILABLE, "The answer took too long"),
            Kind::Internal => (S::INTERNAL_SERVER_ERROR, "Internal error"),
        };
        Self { name: kind.into(), status, title }
    }
}
