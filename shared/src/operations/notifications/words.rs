//! Why an order was cancelled, in words for the customer.

use crate::domain::Refusal;
use crate::domain::order::Canceller;
use crate::domain::saga::{Cause, Stop};
use crate::operations::email::price;

pub(super) fn in_words(cause: &Cause) -> String {
    match &cause.stop {
        Stop::Failed => "We could not process it for technical reasons.".to_owned(),
        Stop::Refused(refusal) => refused(refusal),
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::OutOfStock { product_id } => {
            format!("We do not have as many pieces of {product_id} as you ordered.")
        }
        Refusal::UnknownProduct { product_id } => format!("We do not sell {product_id}."),
        Refusal::PriceChanged { product_id, unit_price } => {
            format!("The price of {product_id} has changed; it is now {}.", price(unit_price))
        }
        Refusal::MixedCurrencies => {
            "Its products are sold in different currencies; please order them separately."
                .to_owned()
        }
        Refusal::TotalTooLarge => {
            "Its total is too high for one payment; please order less at once.".to_owned()
        }
        Refusal::TotalTooSmall { least } => {
            let least = price(least);
            format!("Its total is below the smallest payment, {least}; please order more.")
        }
        Refusal::CurrencyNotTaken { currency } => {
            format!("We do not accept payments in {currency}.")
        }
        Refusal::ReservationExpired { product_id } => {
            format!("It took too long, and {product_id} is no longer held for you.")
        }
        Refusal::PaymentDeclined { .. } => "Your payment was declined.".to_owned(),
        Refusal::PaymentNeedsCustomer => {
            "Your bank asks you to confirm the payment, which we cannot offer; please use another \
             payment method."
                .to_owned()
        }
        Refusal::PaymentUnavailable => "We are currently unable to take payments.".to_owned(),
        Refusal::CountryNotServed { country } => format!("We do not ship to {country}."),
        Refusal::CancelRequested { by } => on_request(*by).to_owned(),
        Refusal::BelowReserved { .. }
        | Refusal::ReservationMismatch { .. }
        | Refusal::TooManyReservations { .. }
        | Refusal::ReservationCommitted { .. }
        | Refusal::PaymentVoided
        | Refusal::PaymentMismatch
        | Refusal::PaymentOfAnOrder { .. }
        | Refusal::RefundTooLarge { .. }
        | Refusal::NothingToRefund
        | Refusal::RefundMismatch
        | Refusal::TooManyRefunds
        | Refusal::ShipmentCancelled
        | Refusal::Other(_) => "We could not process it for technical reasons.".to_owned(),
    }
}

fn on_request(by: Canceller) -> &'static str {
    match by {
        Canceller::Customer => "You asked us to cancel it.",
        Canceller::Staff => "Our staff had to cancel it; please ask us why.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{CloudEvent, Notice, OrderCancelled};
    use crate::domain::saga::Step;
    use crate::operations::notifications::of_order;
    use crate::testing::orders::{at, euro, placed_order, product};

    /// What the customer reads about an order that was cancelled for `stop`.
    fn reason(stop: Stop) -> String {
        let placed = placed_order();
        let cause = Cause { step: Step::Pay, stop };
        let (order_id, customer_id) = (placed.order_id, placed.order.customer_id);
        let event = OrderCancelled { order_id, customer_id, cause, refunded: None };
        match of_order(&CloudEvent::of(&event, at(0))).unwrap() {
            Some(Notice::OrderCancelled { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_refusal_has_a_sentence_of_its_own() {
        let product_id = product("lamp");
        let euros = "EUR".parse().unwrap();
        for (refusal, words) in [
            (Refusal::OutOfStock { product_id: product_id.clone() }, "as many pieces of lamp"),
            (Refusal::UnknownProduct { product_id: product_id.clone() }, "We do not sell lamp."),
            (
                Refusal::PriceChanged { product_id: product_id.clone(), unit_price: euro(205) },
                "The price of lamp has changed; it is now EUR 2.05.",
            ),
            (Refusal::MixedCurrencies, "order them separately"),
            (Refusal::TotalTooLarge, "too high for one payment"),
            (Refusal::TotalTooSmall { least: euro(50) }, "below the smallest payment, EUR 0.50"),
            (Refusal::CurrencyNotTaken { currency: euros }, "We do not accept payments in EUR."),
            (Refusal::ReservationExpired { product_id }, "lamp is no longer held for you"),
            (
                Refusal::PaymentDeclined { code: "card_declined".to_owned() },
                "Your payment was declined.",
            ),
            (Refusal::PaymentNeedsCustomer, "please use another payment method"),
            (Refusal::PaymentUnavailable, "We are currently unable to take payments."),
            (Refusal::CountryNotServed { country: "AQ".to_owned() }, "We do not ship to AQ."),
            (Refusal::CancelRequested { by: Canceller::Customer }, "You asked us to cancel it."),
            (Refusal::CancelRequested { by: Canceller::Staff }, "Our staff had to cancel it"),
        ] {
            let text = reason(Stop::Refused(refusal));
            assert!(text.contains(words), "{text}");
        }
    }

    #[test]
    fn refusals_not_caused_by_the_customer_are_technical() {
        let technical = "We could not process it for technical reasons.";
        for stop in [
            Stop::Failed,
            Stop::Refused(Refusal::PaymentVoided),
            Stop::Refused(Refusal::ShipmentCancelled),
        ] {
            assert_eq!(reason(stop), technical);
        }
    }
}
