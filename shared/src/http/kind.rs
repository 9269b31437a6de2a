//! The fixed part of problems: a `type`, a status, a title and what to do for each refusal and each
//! kind of error.

mod advice;

use crate::domain::{Refusal, RefusalName};
use axum::http::StatusCode;
use strum::{IntoStaticStr, VariantArray};

/// The kinds of errors that are not refusals. The name of a variant in kebab case is the problem's
/// `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// A step of an order failed after all its attempts.
    StepFailed,
    /// No order has the id in the path.
    UnknownOrder,
    /// The order has not ended.
    OrderNotEnded,
    /// The goods of the order have been shipped.
    OrderShipped,
    /// No payment has the id in the path.
    UnknownPayment,
    /// No dead letter has the id in the path.
    UnknownDeadLetter,
    /// The dead letter was dropped.
    DeadLetterDropped,
    /// The dead letter was resent.
    DeadLetterResent,
    /// The message of the dead letter is not an event.
    NotAnEvent,
    /// No function serves the path.
    UnknownRoute,
    /// The path is served, the method is not.
    MethodNotAllowed,
    /// The caller does not accept JSON.
    NotAcceptable,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// The key of an earlier request was sent with another body.
    KeyReused,
    /// The maximum number of products is reached.
    TooManyProducts,
    /// The resource does not meet the condition of the request.
    PreconditionFailed,
    /// The resource can only be changed under a condition.
    PreconditionRequired,
    /// The body cannot be parsed as JSON.
    MalformedJson,
    /// The body is not declared as JSON, or is compressed.
    UnsupportedMediaType,
    /// The body has more bytes than [`MAX_BODY_BYTES`](super::extract::MAX_BODY_BYTES).
    BodyTooLarge,
    /// The headers to be forwarded have more bytes than a function reads.
    HeadersTooLarge,
    /// A field, parameter or header is invalid; the member `field` names it.
    InvalidRequest,
    /// The request has no token.
    NoToken,
    /// The token of the request is invalid.
    InvalidToken,
    /// The token of the request lacks the scope.
    MissingScope,
    /// The caller does not send the token of this function's sidecar.
    NotFromSidecar,
    /// A store, a broker, a function or the payment provider cannot be reached.
    DependencyUnavailable,
    /// The caller, or its address, has spent its allowance for now.
    TooManyRequests,
    /// The limit of concurrent requests is reached.
    Overloaded,
    /// The response took longer than a request may.
    Timeout,
    /// An error in the shop itself.
    Internal,
}

/// A row of the table: what all problems of a kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The problem's `code`, and the end of its `type`.
    pub name: &'static str,
    /// The status of the response.
    pub status: StatusCode,
    /// The problem's `title`.
    pub title: &'static str,
    /// What the client can do about it, in a sentence.
    pub fix: &'static str,
}

/// The whole table, in the order of the names.
#[must_use]
pub fn table() -> Vec<Row> {
    let refusals = RefusalName::VARIANTS.iter().map(|it| Row::from(*it));
    let mut rows: Vec<_> = Kind::VARIANTS.iter().map(|it| Row::from(*it)).chain(refusals).collect();
    rows.sort_unstable_by_key(|row| row.name);
    rows
}

impl From<&Refusal> for Row {
    fn from(refusal: &Refusal) -> Self {
        RefusalName::from(refusal).into()
    }
}

impl From<RefusalName> for Row {
    fn from(refusal: RefusalName) -> Self {
        use {RefusalName as R, StatusCode as S};
        let (status, title) = match refusal {
            R::OutOfStock => (S::CONFLICT, "Out of stock"),
            R::UnknownProduct => (S::NOT_FOUND, "Unknown product"),
            R::PriceChanged => (S::CONFLICT, "The price has changed"),
            R::MixedCurrencies => (S::CONFLICT, "Mixed currencies"),
            R::TotalTooLarge => (S::UNPROCESSABLE_ENTITY, "The total is too large"),
            R::TotalTooSmall => (S::UNPROCESSABLE_ENTITY, "The total is too small"),
            R::CurrencyNotTaken => (S::UNPROCESSABLE_ENTITY, "The currency is not accepted"),
            R::BelowReserved => (S::CONFLICT, "Less than what is reserved"),
            R::ReservationMismatch => (S::CONFLICT, "Another reservation exists"),
            R::TooManyReservations => (S::CONFLICT, "Too many reservations"),
            R::ReservationExpired => (S::CONFLICT, "The reservation has expired"),
            R::ReservationCommitted => (S::CONFLICT, "The order is being shipped"),
            R::PaymentDeclined => (S::PAYMENT_REQUIRED, "The payment was declined"),
            R::PaymentNeedsCustomer => (S::PAYMENT_REQUIRED, "The customer must act"),
            R::PaymentUnavailable => (S::SERVICE_UNAVAILABLE, "Payments are unavailable"),
            R::PaymentVoided => (S::CONFLICT, "The payment was cancelled"),
            R::PaymentMismatch => (S::CONFLICT, "Another payment exists"),
            R::PaymentOfAnOrder => (S::CONFLICT, "The payment belongs to an order"),
            R::RefundTooLarge => (S::CONFLICT, "More than is left to be refunded"),
            R::NothingToRefund => (S::CONFLICT, "Nothing is left to be refunded"),
            R::RefundMismatch => (S::CONFLICT, "Another refund exists"),
            R::TooManyRefunds => (S::CONFLICT, "Too many refunds"),
            R::CountryNotServed => (S::UNPROCESSABLE_ENTITY, "The country is not served"),
            R::ShipmentCancelled => (S::CONFLICT, "The shipment was cancelled"),
            R::CancelRequested => (S::CONFLICT, "Cancelled on request"),
            R::Other => (S::CONFLICT, "Refused"),
        };
        let fix = advice::to_refused(refusal);
        Self { name: refusal.into(), status, title, fix }
    }
}

impl From<Kind> for Row {
    fn from(kind: Kind) -> Self {
        use StatusCode as S;
        let (status, title) = match kind {
            Kind::StepFailed => (S::SERVICE_UNAVAILABLE, "A step of the order failed"),
            Kind::UnknownOrder => (S::NOT_FOUND, "Unknown order"),
            Kind::OrderNotEnded => (S::CONFLICT, "The order has not ended"),
            Kind::OrderShipped => (S::CONFLICT, "The order has been shipped"),
            Kind::UnknownPayment => (S::NOT_FOUND, "Unknown payment"),
            Kind::UnknownDeadLetter => (S::NOT_FOUND, "Unknown dead letter"),
            Kind::DeadLetterDropped => (S::CONFLICT, "The dead letter was dropped"),
            Kind::DeadLetterResent => (S::CONFLICT, "The dead letter was resent"),
            Kind::NotAnEvent => (S::CONFLICT, "The message is not an event"),
            Kind::UnknownRoute => (S::NOT_FOUND, "No such path"),
            Kind::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "Method not allowed"),
            Kind::NotAcceptable => (S::NOT_ACCEPTABLE, "Only JSON is available"),
            Kind::BodyTooSlow => (S::REQUEST_TIMEOUT, "The body took too long"),
            Kind::KeyReused => (S::UNPROCESSABLE_ENTITY, "The idempotency key was used before"),
            Kind::TooManyProducts => (S::CONFLICT, "Too many products"),
            Kind::PreconditionFailed => (S::PRECONDITION_FAILED, "The condition does not hold"),
            Kind::PreconditionRequired => (S::PRECONDITION_REQUIRED, "A condition is required"),
            Kind::MalformedJson => (S::BAD_REQUEST, "The body is not JSON"),
            Kind::UnsupportedMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, "The body must be declared as JSON")
            }
            Kind::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "The body is too large"),
            Kind::HeadersTooLarge => {
                (S::REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large")
            }
            Kind::InvalidRequest => (S::UNPROCESSABLE_ENTITY, "The request is invalid"),
            Kind::NoToken => (S::UNAUTHORIZED, "A token is required"),
            Kind::InvalidToken => (S::UNAUTHORIZED, "The token is invalid"),
            Kind::MissingScope => (S::FORBIDDEN, "The token lacks a scope"),
            Kind::NotFromSidecar => (S::FORBIDDEN, "Not from the sidecar"),
            Kind::DependencyUnavailable => (S::SERVICE_UNAVAILABLE, "Temporarily unavailable"),
            Kind::TooManyRequests => (S::TOO_MANY_REQUESTS, "Too many requests"),
            Kind::Overloaded => (S::SERVICE_UNAVAILABLE, "The shop is overloaded"),
            Kind::Timeout => (S::SERVICE_UNAVAILABLE, "The response took too long"),
            Kind::Internal => (S::INTERNAL_SERVER_ERROR, "Internal error"),
        };
        Self { name: kind.into(), status, title, fix: advice::to_failed(kind) }
    }
}
