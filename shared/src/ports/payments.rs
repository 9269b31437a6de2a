//! Payments, the payments of orders, and the provider that makes them.

use super::{Failure, PortFuture};
use crate::domain::payment::{
    Charge, IntentStatus, Owner, Payment, RefundId, RefundState, RefundStatus,
};
use crate::domain::{Money, OrderId, PaymentId};
use jiff::SignedDuration;

/// Takes payments and refunds them.
pub trait Payments: Clone + Send + Sync + 'static {
    /// Charges an order, or what a caller requests under its own reference, once, however often it is
    /// called.
    ///
    /// Refused: `payment-declined`, `payment-needs-customer`, `payment-voided`, `payment-mismatch`.
    /// Failed: when the store or the broker fails, or the provider has not decided, rejects the
    /// shop's credentials or its request.
    fn charge(&self, by: Owner, charge: &Charge) -> impl PortFuture<Payment>;

    /// Refunds what was charged for an order, and ensures that nothing will be charged later. Returns the
    /// total refunded, if any.
    ///
    /// Failed: when the store or the broker fails, or the provider has not decided.
    fn void(&self, order: &OrderId) -> impl PortFuture<Option<Money>>;

    /// Refunds `amount` of a payment of `by`, or all that is left, as `refund`, if the payment is
    /// known.
    ///
    /// Refused: `payment-of-an-order`, when `by` is not its owner; `refund-too-large`, `refund-mismatch`,
    /// `too-many-refunds`. Fails as [`Payments::void`].
    fn refund(
        &self,
        by: Owner,
        id: &PaymentId,
        refund: &RefundId,
        amount: Option<Money>,
    ) -> impl PortFuture<Option<Payment>>;

    /// The payment, if it is known.
    fn find(&self, id: &PaymentId) -> impl PortFuture<Option<Payment>>;

    /// The payment, if it is known, after a review of its successful refunds: the provider may have
    /// taken them back.
    fn review(&self, id: &PaymentId) -> impl PortFuture<Option<Payment>>;

    /// Advances a caller's payment and its refunds as far as possible: what was charged stays charged,
    /// and what was not is cancelled. Returns the delay until the next check, if anything is still open.
    fn settle(&self, id: &PaymentId) -> impl PortFuture<Option<SignedDuration>>;

    /// Settles every due payment of callers. One process does so at a time.
    fn sweep(&self) -> impl PortFuture<()>;
}

/// The payments of orders, one each.
pub trait PaymentClient: Clone + Send + Sync + 'static {
    /// Charges an order. Repeated, it returns the payment that was made.
    fn charge(&self, charge: &Charge) -> impl PortFuture<PaymentId>;
    /// Refunds what was charged, and ensures that nothing will be charged later. Returns the total
    /// refunded; none when nothing was charged.
    fn void(&self, order: &OrderId) -> impl PortFuture<Option<Money>>;
    /// Refunds `amount` of what was charged for an order, as `refund`. Repeated, it returns the current
    /// state, and retries what failed.
    fn refund(
        &self,
        order: &OrderId,
        refund: &RefundId,
        amount: Money,
    ) -> impl PortFuture<RefundState>;
    /// The state of each refund of an order's payment, after a review of the successful ones: the provider
    /// may have taken them back.
    fn review(&self, order: &OrderId) -> impl PortFuture<Vec<(RefundId, RefundState)>>;
    /// Starts to settle every due payment of callers, without waiting for the result.
    fn sweep(&self) -> impl PortFuture<()>;
}

/// The payment provider. Its objects show the result of a request, also when the response was lost.
///
/// Failed: no response, or one that decides nothing: the provider is unreachable, overloaded, failing,
/// busy with the same object, or rejects the shop's credentials or its request.
pub trait Provider: Clone + Send + Sync + 'static {
    /// Creates an intent without confirming it, which moves no money. The same `key` and request
    /// give the same intent, for about a day.
    fn create(&self, request: &IntentRequest, key: &str)
    -> impl PortFuture<ProviderAnswer<Intent>>;
    /// Confirms an intent, which charges it. It can be confirmed only once.
    fn confirm(&self, intent: &str) -> impl PortFuture<ProviderAnswer<Intent>>;
    /// Cancels an intent that was not charged.
    fn cancel(&self, intent: &str) -> impl PortFuture<Intent>;
    /// The current state of the intent.
    fn read(&self, intent: &str) -> impl PortFuture<Intent>;
    /// Refunds all or a part of what was charged. The same `key` and request give the same refund, for
    /// about a day.
    fn refund(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> impl PortFuture<ProviderAnswer<RefundObject>>;
    /// The current refunds of an intent, newest first.
    fn refunds(&self, intent: &str) -> impl PortFuture<Vec<RefundObject>>;
}

/// The provider's response to a request.
#[derive(Debug)]
pub enum ProviderAnswer<T> {
    /// It succeeded.
    Done(T),
    /// It declined the payment method, with this code, such as `card_declined`.
    Declined(String),
    /// It failed, and returns the same response to the same key for about a day.
    KeySpent(Failure),
}

/// A request to create an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRequest {
    /// The payment.
    pub payment_id: PaymentId,
    /// Its owner.
    pub by: Owner,
    /// The amount and the method.
    pub charge: Charge,
}

/// The provider's object of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its id, such as `pi_1`.
    pub id: String,
    /// Its status.
    pub status: IntentStatus,
    /// The code of its last decline, such as `card_declined`.
    pub declined: Option<String>,
    /// The amount that it charges, if the response says.
    pub amount: Option<Money>,
}

/// A refund to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// The provider's id of the intent that was charged.
    pub intent: String,
    /// The shop's id of the refund.
    pub refund_id: RefundId,
    /// The amount.
    pub amount: Money,
}

/// The provider's object of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundObject {
    /// Its id, such as `re_1`.
    pub id: String,
    /// The shop's id of it; none if the shop did not request it.
    pub refund_id: Option<String>,
    /// Its status.
    pub status: RefundStatus,
    /// The amount that it refunds, if the response says.
    pub amount: Option<Money>,
}
