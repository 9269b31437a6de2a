//! What a client can do about a problem.

use super::Kind;
use crate::domain::RefusalName;

/// What to do about a refusal, in a sentence.
pub(super) fn to_refused(refusal: RefusalName) -> &'static str {
    use RefusalName as R;
    match refusal {
        R::OutOfStock => "Order fewer pieces, or try again when more are in stock.",
        R::UnknownProduct => "Check its id: `GET /api/inventory/{product_id}` finds what is sold.",
        R::PriceChanged => {
            "Show the customer the price in `unit_price`, and order again if they agree."
        }
        R::MixedCurrencies => "Order the products of each currency separately.",
        R::TotalTooLarge => "Divide it into several orders or payments.",
        R::TotalTooSmall => "Order more at once: the smallest payment is `least`.",
        R::CurrencyNotTaken => "Sell the product in a currency that the shop accepts.",
        R::BelowReserved => {
            "Leave at least `reserved` pieces, or wait until those orders have ended."
        }
        R::ReservationMismatch => {
            "Release what the order holds before you reserve another quantity."
        }
        R::TooManyReservations => "Try again when orders for the product have ended.",
        R::ReservationExpired => {
            "Place a new order: this one took too long, and everything was undone."
        }
        R::ReservationCommitted => "Nothing: the order releases or settles the pieces itself.",
        R::PaymentDeclined => "Pay by another method; `decline_code` is the provider's reason.",
        R::PaymentNeedsCustomer => "Pay by a method that needs no authentication.",
        R::PaymentUnavailable => "Try again later; nothing was charged.",
        R::PaymentVoided => "Make a new payment under another id.",
        R::PaymentMismatch => "Use another `order_id` for another amount; this one has a payment.",
        R::PaymentOfAnOrder => "Refund the order, by `POST /api/orders/{order_id}/refunds`.",
        R::RefundTooLarge => "Refund at most `left`, in its currency.",
        R::NothingToRefund => "Nothing: nothing was paid, or all of it has been refunded.",
        R::RefundMismatch => "Send another `Idempotency-Key` for another amount.",
        R::TooManyRefunds => "Refund the rest of the payment at the provider.",
        R::CountryNotServed => "Order to an address in another country.",
        R::ShipmentCancelled => "Place a new order: this one is being undone.",
        R::CancelRequested => "Nothing: the cancellation was requested, and everything is undone.",
        R::Other => {
            "Read `detail`: a newer version of the shop refused it for a reason unknown to this one."
        }
    }
}

/// What to do about an error, in a sentence.
pub(super) fn to_failed(kind: Kind) -> &'static str {
    match kind {
        Kind::StepFailed => "Place a new order later: everything was undone, or will be.",
        Kind::UnknownOrder => "Check the id. Orders of other customers are unknown too.",
        Kind::OrderNotEnded => "Wait until it has ended; resume it first when it is stuck.",
        Kind::OrderShipped => {
            "Return the goods once they have arrived; staff then refund the order."
        }
        Kind::UnknownPayment => "Check the id.",
        Kind::UnknownDeadLetter => {
            "Check the id; letters are kept for 90 days after their last change."
        }
        Kind::DeadLetterDropped => "Nothing: it is not needed any more.",
        Kind::DeadLetterResent => {
            "Nothing: if a function gives up on it again, it is listed again."
        }
        Kind::NotAnEvent => "Drop it: no function can handle it.",
        Kind::UnknownRoute => "Check the path by `/openapi.json`.",
        Kind::MethodNotAllowed => "Use one of the methods that `Allow` names.",
        Kind::NotAcceptable => "Accept `application/json`.",
        Kind::BodyTooSlow => "Send the body without pausing.",
        Kind::KeyReused => {
            "Repeat the first request unchanged, or send this one under another key."
        }
        Kind::TooManyProducts => "Change an existing product instead.",
        Kind::PreconditionFailed => "Read it again, and send its new `ETag`.",
        Kind::PreconditionRequired => "Send its `ETag` in `If-Match`.",
        Kind::MalformedJson => "Send JSON, encoded as UTF-8.",
        Kind::UnsupportedMediaType => {
            "Send `Content-Type: application/json`, and no `Content-Encoding`."
        }
        Kind::BodyTooLarge => "Send at most 256 KiB.",
        Kind::HeadersTooLarge => "Send fewer or shorter headers.",
        Kind::InvalidRequest => "Correct what `field` names, as `detail` says.",
        Kind::NoToken => "Send a bearer token in `Authorization`.",
        Kind::InvalidToken => "Get a new token from the issuer.",
        Kind::MissingScope => "Get a token with the scope that `detail` names.",
        Kind::NotFromSidecar => "Call the gateway, not the function.",
        Kind::Overloaded | Kind::TooManyRequests => "Send it again after `Retry-After`.",
        Kind::DependencyUnavailable | Kind::Timeout => {
            "Send it again after `Retry-After`, with the same `Idempotency-Key`."
        }
        Kind::Internal => "Report it with `instance`, which identifies it in the log.",
    }
}
