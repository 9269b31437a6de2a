//! The one table of problems: name, status and title of each.

use crate::domain::Refusal;
use axum::http::StatusCode;

/// What is wrong, as callers tell problems apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The shop does not have as many pieces.
    OutOfStock,
    /// The shop does not sell the product.
    UnknownProduct,
    /// The price is not the one that the customer saw.
    PriceChanged,
    /// The products of an order are sold in different currencies.
    MixedCurrencies,
    /// An order costs more than a payment can carry.
    TotalTooLarge,
    /// A stock would fall below what is reserved.
    BelowReserved,
    /// An order holds another quantity already.
    ReservationMismatch,
    /// A product has as many reservations as it can hold.
    TooManyReservations,
    /// A reservation is over.
    ReservationExpired,
    /// The order that holds a reservation is on its way.
    ReservationCommitted,
    /// The payment provider declined.
    PaymentDeclined,
    /// The payment provider cannot be used.
    PaymentUnavailable,
    /// The payment was called off.
    PaymentVoided,
    /// The order was paid with another amount or method.
    PaymentMismatch,
    /// The shop does not ship there.
    CountryNotServed,
    /// The shipment was called off.
    ShipmentCancelled,
    /// A step of an order could not be done.
    StepFailed,
    /// No such order.
    UnknownOrder,
    /// No such payment.
    UnknownPayment,
    /// No such path.
    UnknownRoute,
    /// The path does not take the method.
    MethodNotAllowed,
    /// The key of an earlier request came with another body.
    KeyReused,
    /// The body is no JSON.
    MalformedJson,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is too large.
    BodyTooLarge,
    /// A field, parameter or header is not as it must be.
    InvalidRequest,
    /// The caller is not this function's sidecar.
    NotFromSidecar,
    /// Something that the answer depends on cannot be reached.
    DependencyUnavailable,
    /// The answer took too long.
    Timeout,
    /// A fault of the shop's own.
    Internal,
}

impl Kind {
    /// The stable name: the problem's `type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The status of a response that carries the problem.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.row().1
    }

    /// The title: the same for every problem of the kind.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.row().2
    }

    #[expect(clippy::too_many_lines, reason = "one table, a row for each kind")]
    fn row(self) -> (&'static str, StatusCode, &'static str) {
        use StatusCode as S;
        match self {
            Self::OutOfStock => ("out-of-stock", S::CONFLICT, "Out of stock"),
            Self::UnknownProduct => ("unknown-product", S::NOT_FOUND, "Unknown product"),
            Self::PriceChanged => ("price-changed", S::CONFLICT, "The price has changed"),
            Self::MixedCurrencies => ("mixed-currencies", S::CONFLICT, "Mixed currencies"),
            Self::TotalTooLarge => {
                ("total-too-large", S::UNPROCESSABLE_ENTITY, "The total is too large")
            }
            Self::BelowReserved => ("below-reserved", S::CONFLICT, "Less than what is reserved"),
            Self::ReservationMismatch => {
                ("reservation-mismatch", S::CONFLICT, "Another reservation exists")
            }
            Self::TooManyReservations => {
                ("too-many-reservations", S::CONFLICT, "Too many reservations")
            }
            Self::ReservationExpired => {
                ("reservation-expired", S::CONFLICT, "The reservation has expired")
            }
            Self::ReservationCommitted => {
                ("reservation-committed", S::CONFLICT, "The order is on its way")
            }
            Self::PaymentDeclined => {
                ("payment-declined", S::PAYMENT_REQUIRED, "The payment was declined")
            }
            Self::PaymentUnavailable => {
                ("payment-unavailable", S::SERVICE_UNAVAILABLE, "Payments are not available")
            }
            Self::PaymentVoided => ("payment-voided", S::CONFLICT, "The payment was called off"),
            Self::PaymentMismatch => ("payment-mismatch", S::CONFLICT, "Another payment exists"),
            Self::CountryNotServed => {
                ("country-not-served", S::UNPROCESSABLE_ENTITY, "The country is not served")
            }
            Self::ShipmentCancelled => {
                ("shipment-cancelled", S::CONFLICT, "The shipment was called off")
            }
            Self::StepFailed => {
                ("step-failed", S::SERVICE_UNAVAILABLE, "A step of the order failed")
            }
            Self::UnknownOrder => ("unknown-order", S::NOT_FOUND, "Unknown order"),
            Self::UnknownPayment => ("unknown-payment", S::NOT_FOUND, "Unknown payment"),
            Self::UnknownRoute => ("unknown-route", S::NOT_FOUND, "No such path"),
            Self::MethodNotAllowed => {
                ("method-not-allowed", S::METHOD_NOT_ALLOWED, "Method not allowed")
            }
            Self::KeyReused => {
                ("key-reused", S::UNPROCESSABLE_ENTITY, "The idempotency key was used before")
            }
            Self::MalformedJson => ("malformed-json", S::BAD_REQUEST, "The body is no JSON"),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                S::UNSUPPORTED_MEDIA_TYPE,
                "The body must be declared as JSON",
            ),
            Self::BodyTooLarge => ("body-too-large", S::PAYLOAD_TOO_LARGE, "The body is too large"),
            Self::InvalidRequest => {
                ("invalid-request", S::UNPROCESSABLE_ENTITY, "The request is not valid")
            }
            Self::NotFromSidecar => ("not-from-sidecar", S::UNAUTHORIZED, "Not from the sidecar"),
            Self::DependencyUnavailable => {
                ("dependency-unavailable", S::SERVICE_UNAVAILABLE, "Temporarily unavailable")
            }
            Self::Timeout => ("timeout", S::SERVICE_UNAVAILABLE, "The answer took too long"),
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, "Internal error"),
        }
    }
}

impl From<&Refusal> for Kind {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::OutOfStock { .. } => Self::OutOfStock,
            Refusal::UnknownProduct { .. } => Self::UnknownProduct,
            Refusal::PriceChanged { .. } => Self::PriceChanged,
            Refusal::MixedCurrencies => Self::MixedCurrencies,
            Refusal::TotalTooLarge => Self::TotalTooLarge,
            Refusal::BelowReserved { .. } => Self::BelowReserved,
            Refusal::ReservationMismatch { .. } => Self::ReservationMismatch,
            Refusal::TooManyReservations { .. } => Self::TooManyReservations,
            Refusal::ReservationExpired { .. } => Self::ReservationExpired,
            Refusal::ReservationCommitted { .. } => Self::ReservationCommitted,
            Refusal::PaymentDeclined { .. } => Self::PaymentDeclined,
            Refusal::PaymentUnavailable => Self::PaymentUnavailable,
            Refusal::PaymentVoided => Self::PaymentVoided,
            Refusal::PaymentMismatch => Self::PaymentMismatch,
            Refusal::CountryNotServed { .. } => Self::CountryNotServed,
            Refusal::ShipmentCancelled => Self::ShipmentCancelled,
        }
    }
}
