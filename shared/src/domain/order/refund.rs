//! Refunds by staff of an order that has ended.

use super::{Order, Status};
use crate::domain::money::{Money, asked_if_any};
use crate::domain::payment::{Payment, RefundId, RefundState};
use crate::domain::text::Text;
use crate::domain::{OrderId, Refusal, strict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A refund as staff ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrderRefund {
    /// How much; all that is left, if it is not said.
    #[serde(default, deserialize_with = "asked_if_any")]
    pub amount: Option<Money>,
    /// Why, for staff to read later.
    #[serde(default, deserialize_with = "strict::text_if_any")]
    pub reason: Option<Text<200>>,
}

/// A refund that staff asked for, as the order's document keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefund {
    /// Its id, which the payment's refund has too.
    pub refund_id: RefundId,
    /// The amount, in minor units: at most what is left of the charge.
    pub amount: Money,
    /// Whether all that was left was asked for, whatever that was.
    #[serde(default)]
    pub rest: bool,
    /// Why, as staff wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<200>>,
    /// The state, as the payment last said.
    pub state: RefundState,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Whether its event has been published.
    #[serde(default)]
    pub published: bool,
}

/// Why staff do not get a refund as they ask for it. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundRejection {
    /// There is no such order.
    UnknownOrder(OrderId),
    /// The order is on its way, or stuck.
    NotEnded(Status),
    /// The key of an earlier refund came with another request.
    KeyReused,
    /// The amount is 0.
    NoAmount,
    /// A business rule rejects it.
    Refused(Refusal),
}

impl From<Refusal> for RefundRejection {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl NewOrderRefund {
    fn is_of(&self, refund: &OrderRefund) -> bool {
        let amount = if refund.rest { None } else { Some(refund.amount) };
        (self.amount, &self.reason) == (amount, &refund.reason)
    }
}

impl OrderRefund {
    /// Whether something is still to be done about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            RefundState::Pending => true,
            RefundState::Succeeded => !self.published,
            RefundState::Failed => false,
        }
    }
}

impl Order {
    /// The refund called `id`.
    #[must_use]
    pub fn refund(&self, id: &RefundId) -> Option<&OrderRefund> {
        self.refunds.iter().find(|refund| refund.refund_id == *id)
    }

    /// Notes at `at` that staff ask for a refund under the name `id`. Repeated, it changes nothing,
    /// unless the provider could not refund it: then it is to be tried again.
    ///
    /// # Errors
    /// [`RefundRejection`].
    pub fn ask_refund(
        &mut self,
        id: &RefundId,
        ask: &NewOrderRefund,
        at: Timestamp,
    ) -> Result<(), RefundRejection> {
        let left = self.refundable()?;
        if let Some(known) = self.refunds.iter_mut().find(|refund| refund.refund_id == *id) {
            return known.ask_again(ask, left, at);
        }
        let amount = ask.amount.unwrap_or(left);
        if ask.amount.is_some_and(|amount| amount.amount() == 0) {
            return Err(RefundRejection::NoAmount);
        }
        within(amount, left)?;
        if self.refunds.len() >= Payment::MAX_REFUNDS {
            return Err(Refusal::TooManyRefunds.into());
        }
        self.refunds.push(OrderRefund {
            refund_id: id.clone(),
            amount,
            rest: ask.amount.is_none(),
            reason: ask.reason.clone(),
            state: RefundState::Pending,
            created_at: at,
            updated_at: at,
            published: false,
        });
        Ok(())
    }

    /// Notes at `at` how far the refund called `id` has come. What has been refunded stays so.
    pub fn note_refund(&mut self, id: &RefundId, state: RefundState, at: Timestamp) {
        let open = |refund: &&mut OrderRefund| {
            refund.refund_id == *id && refund.state != RefundState::Succeeded
        };
        if let Some(refund) = self.refunds.iter_mut().find(open)
            && refund.state != state
        {
            (refund.state, refund.updated_at) = (state, at);
        }
    }

    /// Notes that the event of the refund called `id` has been published.
    pub fn note_refund_published(&mut self, id: &RefundId) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.refund_id == *id) {
            refund.published = true;
        }
    }

    /// What was paid and is neither refunded nor being refunded.
    fn refundable(&self) -> Result<Money, RefundRejection> {
        if !self.status.is_final() {
            return Err(RefundRejection::NotEnded(self.status));
        }
        // What a cancelled order cost was refunded when it was undone.
        let paid = self.payment_id.as_ref().and(self.total);
        let paid = paid.filter(|_| self.status == Status::Completed);
        let paid = paid.ok_or(Refusal::NothingToRefund)?;
        let counts = self.refunds.iter().filter(|refund| refund.state != RefundState::Failed);
        let refunded: i64 = counts.map(|refund| refund.amount.amount()).sum();
        Ok(paid.with_amount(paid.amount() - refunded))
    }
}

impl OrderRefund {
    fn ask_again(
        &mut self,
        ask: &NewOrderRefund,
        left: Money,
        at: Timestamp,
    ) -> Result<(), RefundRejection> {
        if !ask.is_of(self) {
            return Err(RefundRejection::KeyReused);
        }
        if self.state == RefundState::Failed {
            within(self.amount, left)?;
            (self.state, self.updated_at) = (RefundState::Pending, at);
        }
        Ok(())
    }
}

/// Whether `amount` can be refunded when `left` is.
fn within(amount: Money, left: Money) -> Result<(), Refusal> {
    if left.amount() == 0 {
        return Err(Refusal::NothingToRefund);
    }
    if amount.currency() != left.currency() || amount.amount() > left.amount() {
        return Err(Refusal::RefundTooLarge { left });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PaymentId;
    use crate::domain::order::Progress;
    use crate::domain::saga::{Cause, Outcome, Step, Stop};
    use crate::testing::orders::{at, euro, placed_order};

    fn order(last: Option<Outcome>) -> Order {
        let placed = placed_order();
        let payment_id = PaymentId::of(&placed.order_id);
        let mut order = Order::new(placed);
        order.note(&Progress::Reserved { total: euro(700) }, at(1));
        order.note(&Progress::Paid { payment_id }, at(2));
        last.map(|last| order.note(&Progress::Ended(last), at(3)));
        order
    }

    fn id(key: &str) -> RefundId {
        RefundId::for_key(&PaymentId::of(&placed_order().order_id), key)
    }

    fn ask(amount: Option<i64>) -> NewOrderRefund {
        NewOrderRefund { amount: amount.map(euro), reason: None }
    }

    #[test]
    fn only_an_order_that_completed_with_a_payment_is_refunded() {
        let refused = |mut order: Order| order.ask_refund(&id("a"), &ask(None), at(9)).unwrap_err();
        assert_eq!(refused(order(None)), RefundRejection::NotEnded(Status::Paid));
        let cause = Cause { step: Step::Ship, stop: Stop::Failed };
        let stuck = Outcome::Stuck { cause: cause.clone(), left: vec![Step::RefundPayment] };
        assert_eq!(refused(order(Some(stuck))), RefundRejection::NotEnded(Status::Stuck));
        let nothing = RefundRejection::Refused(Refusal::NothingToRefund);
        assert_eq!(refused(order(Some(Outcome::Cancelled { cause }))), nothing);
        let mut free = Order::new(placed_order());
        free.note(&Progress::Reserved { total: euro(0) }, at(1));
        free.note(&Progress::Ended(Outcome::Fulfilled), at(2));
        assert_eq!(refused(free), nothing);
    }

    #[test]
    fn one_key_is_one_refund_and_belongs_to_one_request() {
        let mut order = order(Some(Outcome::Fulfilled));
        order.ask_refund(&id("a"), &ask(Some(300)), at(4)).unwrap();
        order.ask_refund(&id("b"), &ask(None), at(5)).unwrap();
        let asked = order.refunds.clone();
        order.ask_refund(&id("a"), &ask(Some(300)), at(6)).unwrap();
        order.ask_refund(&id("b"), &ask(None), at(6)).unwrap();
        assert_eq!(order.refunds, asked);
        assert_eq!((asked[1].amount, asked[1].created_at), (euro(400), at(5)));
        let reason = Some("broken".to_owned().try_into().unwrap());
        for (key, other) in [
            ("a", ask(Some(301))),
            ("a", ask(None)),
            ("a", NewOrderRefund { reason, ..ask(Some(300)) }),
            ("b", ask(Some(400))),
        ] {
            let rejected = order.ask_refund(&id(key), &other, at(7)).unwrap_err();
            assert_eq!(rejected, RefundRejection::KeyReused, "{key} {other:?}");
        }
    }

    #[test]
    fn no_more_is_given_back_than_was_paid() {
        let mut order = order(Some(Outcome::Fulfilled));
        let left = euro(700);
        let too_large = RefundRejection::Refused(Refusal::RefundTooLarge { left });
        let much = order.ask_refund(&id("a"), &ask(Some(701)), at(4)).unwrap_err();
        let none = order.ask_refund(&id("a"), &ask(Some(0)), at(4)).unwrap_err();
        assert_eq!(none, RefundRejection::NoAmount);
        let dollar = Money::new(1, "USD".parse().unwrap()).unwrap();
        let other = NewOrderRefund { amount: Some(dollar), reason: None };
        let other = order.ask_refund(&id("a"), &other, at(4)).unwrap_err();
        assert_eq!((&much, &other), (&too_large, &too_large));
        order.ask_refund(&id("a"), &ask(None), at(4)).unwrap();
        let nothing = RefundRejection::Refused(Refusal::NothingToRefund);
        assert_eq!(order.ask_refund(&id("b"), &ask(Some(1)), at(5)).unwrap_err(), nothing);
        // What could not be refunded can be asked for again, by either key.
        order.note_refund(&id("a"), RefundState::Failed, at(6));
        order.ask_refund(&id("b"), &ask(Some(1)), at(7)).unwrap();
        let left = euro(699);
        let again = order.ask_refund(&id("a"), &ask(None), at(8)).unwrap_err();
        assert_eq!(again, RefundRejection::Refused(Refusal::RefundTooLarge { left }));
    }

    #[test]
    fn what_was_given_back_stays_so_and_is_open_until_it_is_published() {
        let mut order = order(Some(Outcome::Fulfilled));
        order.ask_refund(&id("a"), &ask(None), at(4)).unwrap();
        assert!(order.refunds[0].is_open());
        for (state, second) in [(RefundState::Succeeded, 5), (RefundState::Pending, 6)] {
            order.note_refund(&id("a"), state, at(second));
        }
        let refund = &order.refunds[0];
        assert_eq!((refund.state, refund.updated_at), (RefundState::Succeeded, at(5)));
        assert!(refund.is_open());
        order.note_refund_published(&id("a"));
        assert!(!order.refunds[0].is_open());
    }
}
