//! Refusals: rejections by business rules.

use super::order::Canceller;
use super::{Currency, Money, OrderId, ProductId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};

/// Why something was not done, and never will be for this order. Nothing changed.
///
/// Its wire form is the heart of a problem document: `type` names the refusal, the fields stand
/// beside it. A caller inside the shop reads the refusal back from the problem.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    thiserror::Error,
    JsonSchema,
    IntoStaticStr,
    EnumDiscriminants,
)]
#[strum_discriminants(
    name(RefusalName),
    derive(IntoStaticStr, VariantArray),
    strum(serialize_all = "kebab-case"),
    doc = "A refusal without its fields."
)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Refusal {
    /// Fewer pieces are available than were asked for.
    #[error("fewer pieces of {product_id} are available than were asked for")]
    OutOfStock {
        /// The product that ran out.
        product_id: ProductId,
    },
    /// The shop does not sell the product.
    #[error("the shop does not sell {product_id}")]
    UnknownProduct {
        /// The product asked for.
        product_id: ProductId,
    },
    /// The product costs something else than the customer saw.
    #[error("{product_id} now costs {unit_price}")]
    PriceChanged {
        /// The product whose price differs.
        product_id: ProductId,
        /// What one piece costs now.
        unit_price: Money,
    },
    /// The products of the order are sold in more than one currency.
    #[error("the products of the order are sold in more than one currency")]
    MixedCurrencies,
    /// The order costs more than one payment can carry.
    #[error("the order costs more than one payment can carry ({} minor units)", Money::MAX_AMOUNT)]
    TotalTooLarge,
    /// The order costs less than one payment can carry.
    #[error("a payment carries {least} at least; order more at once")]
    TotalTooSmall {
        /// The least that can be charged in the currency.
        least: Money,
    },
    /// The shop takes no payments in the currency.
    #[error("the shop takes no payments in {currency}")]
    CurrencyNotTaken {
        /// The currency of what was ordered.
        currency: Currency,
    },
    /// The stock set is less than what is reserved.
    #[error("{reserved} pieces of {product_id} are reserved, so no fewer can be on hand")]
    BelowReserved {
        /// The product concerned.
        product_id: ProductId,
        /// Pieces reserved now.
        reserved: u32,
    },
    /// The order already holds another quantity of the product.
    #[error("the order already holds another quantity of {product_id}")]
    ReservationMismatch {
        /// The product concerned.
        product_id: ProductId,
    },
    /// The product has as many open reservations as it can hold.
    #[error("{product_id} has as many open reservations as it can hold")]
    TooManyReservations {
        /// The product concerned.
        product_id: ProductId,
    },
    /// The reservation expired before the order was shipped.
    #[error("the reservation of {product_id} expired before the order was shipped")]
    ReservationExpired {
        /// The product concerned.
        product_id: ProductId,
    },
    /// The order that holds the pieces is on its way; only its saga releases them.
    #[error("the order that holds {product_id} is on its way")]
    ReservationCommitted {
        /// The product concerned.
        product_id: ProductId,
    },
    /// The payment provider declined the payment.
    #[error("the payment was declined ({code})")]
    PaymentDeclined {
        /// The provider's code, such as `card_declined`.
        code: String,
    },
    /// The customer would have to act to pay, such as authenticate with the bank.
    #[error("the payment needs the customer to act, such as to authenticate; use another method")]
    PaymentNeedsCustomer,
    /// The payment provider rejected the shop's credentials, so nothing was charged. Earlier versions
    /// ended orders so; since then they wait for good credentials.
    #[error("the payment provider cannot be used at present; nothing was charged")]
    PaymentUnavailable,
    /// The payment was cancelled before it was made.
    #[error("the payment of this order was cancelled")]
    PaymentVoided,
    /// The order was paid with another amount or method.
    #[error("the order has a payment of another amount or method")]
    PaymentMismatch,
    /// The payment belongs to an order, whose saga alone touches it.
    #[error(
        "the payment belongs to order {order_id}, which refunds it when it is cancelled; once the \
         order has completed, refund it by POST /api/orders/{order_id}/refunds"
    )]
    PaymentOfAnOrder {
        /// The order whose payment it is.
        order_id: OrderId,
    },
    /// More is to be refunded than is left of what was paid.
    #[error("{left} are left to be refunded")]
    RefundTooLarge {
        /// What was paid, less what was refunded or is being refunded.
        left: Money,
    },
    /// Nothing was paid, or all of it is refunded or being refunded.
    #[error("nothing is left to be refunded: nothing was paid, or all of it is refunded already")]
    NothingToRefund,
    /// The same refund was asked for with another amount.
    #[error("the same refund was asked for with another amount")]
    RefundMismatch,
    /// The payment has as many refunds as it can have.
    #[error("the payment has as many refunds as it can have")]
    TooManyRefunds,
    /// The shop does not ship to the country.
    #[error("the shop does not ship to {country}")]
    CountryNotServed {
        /// ISO 3166-1 alpha-2 code.
        country: String,
    },
    /// The shipment was cancelled before it was booked.
    #[error("the shipment of this order was cancelled")]
    ShipmentCancelled,
    /// Somebody asked for the order to be cancelled before it was shipped.
    #[error("{} asked for the order to be cancelled", match by { Canceller::Customer => "the customer", Canceller::Staff => "staff" })]
    CancelRequested {
        /// Who asked.
        by: Canceller,
    },
    /// A refusal that this version does not know, kept and passed on as it came.
    #[error("it was refused ({})", type_of(.0))]
    #[serde(untagged)]
    #[schemars(skip)]
    Other(Map<String, Value>),
}

/// What an unknown refusal calls itself.
fn type_of(refusal: &Map<String, Value>) -> &str {
    refusal.get("type").and_then(Value::as_str).unwrap_or("other")
}

impl Refusal {
    /// The name on the wire, such as `out-of-stock`; `other` when this version does not know it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_of_a_later_version_is_passed_on_unchanged() {
        let later = json!({"type": "moon-too-full", "phase": {"days": 14}});
        let refusal: Refusal = serde_json::from_value(later.clone()).unwrap();
        assert_eq!(json!(refusal), later);
        assert_eq!(refusal.to_string(), "it was refused (moon-too-full)");
    }

    #[test]
    fn a_known_refusal_with_unknown_fields_is_still_known() {
        let later = json!({"type": "payment-voided", "by": "ann"});
        assert_eq!(serde_json::from_value::<Refusal>(later).unwrap(), Refusal::PaymentVoided);
    }
}
