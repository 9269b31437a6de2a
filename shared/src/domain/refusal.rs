//! Refusals: rejections by business rules.

use super::order::Canceller;
use super::{Currency, Money, OrderId, ProductId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumDiscriminants, IntoStaticStr, VariantArray};

/// Why something was not done, and never will be for this order. Nothing changed.
///
/// On the wire it is the core of a problem document: `type` names the refusal, and its fields are
/// members of the document. A caller inside the shop reads the refusal back from the problem.
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
    /// Fewer pieces are available than requested.
    #[error("fewer pieces of {product_id} are available than requested")]
    OutOfStock {
        /// The product that ran out.
        product_id: ProductId,
    },
    /// The shop does not sell the product.
    #[error("the shop does not sell {product_id}")]
    UnknownProduct {
        /// The product requested.
        product_id: ProductId,
    },
    /// The price differs from the one that the customer saw.
    #[error("{product_id} now costs {unit_price}")]
    PriceChanged {
        /// The product whose price differs.
        product_id: ProductId,
        /// The current price of one piece.
        unit_price: Money,
    },
    /// The products of the order are sold in more than one currency.
    #[error("the products of the order are sold in more than one currency")]
    MixedCurrencies,
    /// The order costs more than one payment can charge.
    #[error("the order costs more than one payment can charge ({} minor units)", Money::MAX_AMOUNT)]
    TotalTooLarge,
    /// The order costs less than one payment can charge.
    #[error("the smallest payment is {least}; order more at once")]
    TotalTooSmall {
        /// The smallest amount that can be charged in the currency.
        least: Money,
    },
    /// The shop accepts no payments in the currency.
    #[error("the shop accepts no payments in {currency}")]
    CurrencyNotTaken {
        /// The currency of what was ordered.
        currency: Currency,
    },
    /// The new stock is less than what is reserved.
    #[error("{reserved} pieces of {product_id} are reserved, so no fewer can be on hand")]
    BelowReserved {
        /// The product concerned.
        product_id: ProductId,
        /// Pieces currently reserved.
        reserved: u32,
    },
    /// The order already holds another quantity of the product.
    #[error("the order already holds another quantity of {product_id}")]
    ReservationMismatch {
        /// The product concerned.
        product_id: ProductId,
    },
    /// The product has the maximum number of open reservations.
    #[error("{product_id} has the maximum number of open reservations")]
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
    /// The order that holds the pieces is being shipped; only its saga releases them.
    #[error("the order that holds {product_id} is being shipped")]
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
    /// The customer would have to act, such as authenticate with the bank.
    #[error(
        "the payment requires the customer to act, such as to authenticate; use another method"
    )]
    PaymentNeedsCustomer,
    /// The payment provider rejected the shop's credentials, so nothing was charged. Earlier versions
    /// ended orders so; since then they wait for valid credentials.
    #[error("the payment provider is currently unavailable; nothing was charged")]
    PaymentUnavailable,
    /// The payment was cancelled before it was made.
    #[error("the payment of this order was cancelled")]
    PaymentVoided,
    /// The order was paid with another amount or method.
    #[error("the order has a payment of another amount or method")]
    PaymentMismatch,
    /// The payment belongs to an order, and only that order's saga changes it.
    #[error(
        "the payment belongs to order {order_id}, which refunds it when it is cancelled; once the \
         order has completed, refund it by POST /api/orders/{order_id}/refunds"
    )]
    PaymentOfAnOrder {
        /// The order that it pays for.
        order_id: OrderId,
    },
    /// The refund exceeds what is left of the charge.
    #[error("only {left} are left to be refunded")]
    RefundTooLarge {
        /// What was paid, less what was refunded or is being refunded.
        left: Money,
    },
    /// Nothing was paid, or all of it is refunded or being refunded.
    #[error("nothing is left to be refunded: nothing was paid, or all of it has been refunded")]
    NothingToRefund,
    /// The same refund was requested with another amount.
    #[error("the same refund was requested with another amount")]
    RefundMismatch,
    /// The payment has the maximum number of refunds.
    #[error("the payment has the maximum number of refunds")]
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
    /// Cancellation of the order was requested before it was shipped.
    #[error("{} requested that the order be cancelled", match by { Canceller::Customer => "the customer", Canceller::Staff => "staff" })]
    CancelRequested {
        /// Who requested it.
        by: Canceller,
    },
    /// A refusal that this version does not know, passed on unchanged.
    #[error("it was refused ({})", type_of(.0))]
    #[serde(untagged)]
    #[schemars(skip)]
    Other(Map<String, Value>),
}

/// The name of an unknown refusal.
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
