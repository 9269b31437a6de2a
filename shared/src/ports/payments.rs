//! Payments, those of orders, and the provider that makes them.

use super::{Failure, PortFuture};
use crate::domain::payment::{
    Charge, IntentStatus, Owner, Payment, RefundId, RefundState, RefundStatus,
};
use crate::domain::{Money, OrderId, PaymentId};
use jiff::SignedDuration;

/// Takes payments and refunds them.
pub trait Payments: Clone + Send + Sync + 'static {
    /// Charges an order, or what a caller asks for under its own reference, once, however often
    /// it is asked.
    ///
    /// Refused: `payment-declined`, `payment-needs-customer`, `payment-voided`, `payment-mismatch`.
    /// Failed: when the store or the broker fails, or the provider has not decided, rejects the
    /// shop's credentials or its request.
    fn charge(&self, by: Owner, charge: &Charge) -> impl PortFuture<Payment>;

    /// Refunds what was charged for an order, and ensures that nothing will be charged later. The answer
    /// is what was refunded in all, if anything.
    ///
    /// Failed: when the store or the broker fails, or the provider has not decided.
    fn void(&self, order: &OrderId) -> impl PortFuture<Option<Money>>;

    /// Gives back `amount` of a payment of `by`, or all that is left, as `refund`, if the payment is
    /// known.
    ///
    /// Refused: `payment-of-an-order`, when it is another's; `refund-too-large`, `refund-mismatch`,
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

    /// The payment, if it is known, once its refunds that had succeeded have been looked at again: the
    /// provider may have taken them back.
    fn review(&self, id: &PaymentId) -> impl PortFuture<Option<Payment>>;

    /// Brings a payment that its caller asked for, and its refunds, as far as they come: what was charged
    /// is charged, and what was not is cancelled. The answer is after how long to look again, if
    /// anything is still open.
    fn settle(&self, id: &PaymentId) -> impl PortFuture<Option<SignedDuration>>;

    /// Settles every payment of a caller's whose time has come. One process does so at a time.
    fn sweep(&self) -> impl PortFuture<()>;
}

/// The payments of orders, one each.
pub trait PaymentClient: Clone + Send + Sync + 'static {
    /// Charges an order. Repeated, it answers with the payment that was made.
    fn charge(&self, charge: &Charge) -> impl PortFuture<PaymentId>;
    /// Refunds what was charged, and ensures that nothing will be charged later. The answer is what was
    /// refunded in all; none when nothing was charged.
    fn void(&self, order: &OrderId) -> impl PortFuture<Option<Money>>;
    /// Gives back `amount` of what was charged for an order, under the name `refund`. Repeated, it
    /// tells how far that has come, and tries again what failed.
    fn refund(
        &self,
        order: &OrderId,
        refund: &RefundId,
        amount: Money,
    ) -> impl PortFuture<RefundState>;
    /// How far each refund of an order's payment has come, once those that had succeeded have been
    /// looked at again: the provider may have taken them back.
    fn review(&self, order: &OrderId) -> impl PortFuture<Vec<(RefundId, RefundState)>>;
    /// Has every payment of a caller's settled whose time has come: it is begun, not awaited.
    fn sweep(&self) -> impl PortFuture<()>;
}

/// The payment provider. Its objects say what became of a request, also when the answer was lost.
///
/// Failed: no answer, or one that decides nothing: it is not reached, overloaded, broken, at work on
/// the same object, or rejects the shop's credentials or its request.
pub trait Provider: Clone + Send + Sync + 'static {
    /// Creates an intent without confirming it, which moves no money. The same `key` and request
    /// give the same intent, for about a day.
    fn create(&self, request: &IntentRequest, key: &str)
    -> impl PortFuture<ProviderAnswer<Intent>>;
    /// Confirms an intent, which charges it. One that was confirmed before cannot be again.
    fn confirm(&self, intent: &str) -> impl PortFuture<ProviderAnswer<Intent>>;
    /// Cancels an intent that was not charged.
    fn cancel(&self, intent: &str) -> impl PortFuture<Intent>;
    /// The intent as it stands.
    fn read(&self, intent: &str) -> impl PortFuture<Intent>;
    /// Gives back a part or all of what was charged. The same `key` and request give the same
    /// refund, for about a day.
    fn refund(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> impl PortFuture<ProviderAnswer<RefundObject>>;
    /// The refunds of an intent as they stand, newest first.
    fn refunds(&self, intent: &str) -> impl PortFuture<Vec<RefundObject>>;
}

/// What the provider made of a request.
#[derive(Debug)]
pub enum ProviderAnswer<T> {
    /// It did as asked.
    Done(T),
    /// It declines the payment method, with its code, such as `card_declined`.
    Declined(String),
    /// It failed, and gives the same answer to the same key for about a day.
    KeySpent(Failure),
}

/// What is to be charged, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentRequest {
    /// The payment.
    pub payment_id: PaymentId,
    /// Whose it is.
    pub by: Owner,
    /// How much, and how.
    pub charge: Charge,
}

/// The provider's object of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Names it, such as `pi_1`.
    pub id: String,
    /// Where it stands.
    pub status: IntentStatus,
    /// Why it was declined last, such as `card_declined`.
    pub declined: Option<String>,
    /// How much it charges, if the answer says.
    pub amount: Option<Money>,
}

/// A refund to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// The provider's id of the intent that was charged.
    pub intent: String,
    /// What the shop calls the refund.
    pub refund_id: RefundId,
    /// How much.
    pub amount: Money,
}

/// The provider's object of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundObject {
    /// Names it, such as `re_1`.
    pub id: String,
    /// What the shop calls it; nothing, when the shop did not ask for it.
    pub refund_id: Option<String>,
    /// Where it stands.
    pub status: RefundStatus,
    /// How much it gives back, if the answer says.
    pub amount: Option<Money>,
}
