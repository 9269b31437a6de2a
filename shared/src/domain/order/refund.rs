//! Refunds by staff of an order that has ended.

use super::{Order, Status, Step, StepState};
use crate::domain::money::{Money, NewMoney, asked_if_any};
use crate::domain::payment::{Payment, RefundId, RefundState, needs_review, next_review};
use crate::domain::text::Text;
use crate::domain::{CustomerId, OrderId, Refusal, strict};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A refund as staff request it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrderRefund {
    /// How much; all that is left if absent.
    #[serde(default, deserialize_with = "asked_if_any")]
    #[schemars(with = "Option<NewMoney>")]
    pub amount: Option<Money>,
    /// The reason, for staff.
    #[serde(default, deserialize_with = "strict::text_if_any")]
    pub reason: Option<Text<200>>,
}

/// A refund that staff requested, as the order's document stores it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefund {
    /// Its id, which the payment's refund has too.
    pub refund_id: RefundId,
    /// The amount, in minor units: at most what is left of the charge.
    pub amount: Money,
    /// Whether all that was left was requested.
    #[serde(default)]
    pub rest: bool,
    /// Who requested it first, by the subject of the token; nobody where no tokens are checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<CustomerId>,
    /// The reason that staff gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<200>>,
    /// The last known state.
    pub state: RefundState,
    /// When it was first requested.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub updated_at: Timestamp,
    /// Whether its event has been published.
    #[serde(default)]
    pub published: bool,
}

/// Why a refund was rejected. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundRejection {
    /// There is no such order.
    UnknownOrder(OrderId),
    /// The order has not ended, or is stuck.
    NotEnded(Status),
    /// The key was used for another request before.
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
    /// Whether something remains to be done about it.
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
    /// The refund with this `id`.
    #[must_use]
    pub fn refund(&self, id: &RefundId) -> Option<&OrderRefund> {
        self.refunds.iter().find(|refund| refund.refund_id == *id)
    }

    /// Records at `at` that staff, `by` one of them, requested the refund `id`, without the reason once the
    /// customer has been erased. Repeated, it changes nothing, unless the provider could not refund it: then it
    /// is to be tried again.
    ///
    /// # Errors
    /// [`RefundRejection`].
    pub fn ask_refund(
        &mut self,
        id: &RefundId,
        ask: &NewOrderRefund,
        by: Option<&CustomerId>,
        at: Timestamp,
    ) -> Result<(), RefundRejection> {
        let left = self.refundable()?;
        let erased = self.placed.order.is_erased();
        let reason = ask.reason.clone().filter(|_| !erased);
        let ask = &NewOrderRefund { reason, ..ask.clone() };
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
            by: by.cloned(),
            reason: ask.reason.clone(),
            state: RefundState::Pending,
            created_at: at,
            updated_at: at,
            published: false,
        });
        Ok(())
    }

    /// Records at `at` the state of the refund `id`. One that has succeeded stays so.
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

    /// Records that the event of the refund `id` has been published.
    pub fn note_refund_published(&mut self, id: &RefundId) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.refund_id == *id) {
            refund.published = true;
        }
    }

    /// Records at `at` that the provider took the refund `id` back after it had succeeded: that of
    /// staff, or the one that undid the payment. Repeated, it changes nothing.
    pub fn take_refund_back(&mut self, id: &RefundId, at: Timestamp) {
        if *id == RefundId::undo() {
            if let Some(amount) = self.given_back.take() {
                self.taken_back = Some(amount);
                self.record(Step::RefundPayment, StepState::Failed, at);
            }
            return;
        }
        let done = |refund: &&mut OrderRefund| {
            refund.refund_id == *id && refund.state == RefundState::Succeeded
        };
        if let Some(refund) = self.refunds.iter_mut().find(done) {
            // Its event is published again if it succeeds again.
            (refund.state, refund.updated_at, refund.published) = (RefundState::Failed, at, false);
        }
    }

    /// Whether anything of it was refunded and is not known to have been taken back.
    #[must_use]
    pub fn has_given_back(&self) -> bool {
        self.given_back_at().next().is_some()
    }

    /// Whether a refund of it is due for a review, as the provider may have taken it back.
    #[must_use]
    pub fn needs_review(&self, now: Timestamp) -> bool {
        self.given_back_at().any(|since| needs_review(since, now))
    }

    /// The delay until the next review; none, once all reviews are done.
    #[must_use]
    pub fn next_review(&self, now: Timestamp) -> Option<SignedDuration> {
        self.given_back_at().filter_map(|since| next_review(since, now)).min()
    }

    /// When each of its refunds succeeded.
    fn given_back_at(&self) -> impl Iterator<Item = Timestamp> {
        let by_staff = self.refunds.iter().filter(|it| it.state == RefundState::Succeeded);
        let undone = self.given_back.map(|_| {
            let undo = |done: &&super::StepDone| {
                done.step == Step::RefundPayment && done.state == StepState::Done
            };
            self.steps.iter().find(undo).map_or(self.updated_at, |done| done.at)
        });
        by_staff.map(|refund| refund.updated_at).chain(undone)
    }

    /// What the customer is owed: what the provider took back after the order was cancelled, less what
    /// staff have refunded since.
    #[must_use]
    pub fn owed(&self) -> Option<Money> {
        self.taken_back.map(|sum| self.less_refunds(sum)).filter(|owed| owed.amount() > 0)
    }

    /// What was paid and is neither refunded nor being refunded.
    fn refundable(&self) -> Result<Money, RefundRejection> {
        if !self.status.is_final() {
            return Err(RefundRejection::NotEnded(self.status));
        }
        let paid = if self.status == Status::Completed {
            self.payment_id.as_ref().and(self.total)
        } else {
            // What it cost was refunded when it was undone.
            self.taken_back
        };
        Ok(self.less_refunds(paid.ok_or(Refusal::NothingToRefund)?))
    }

    /// `paid`, less what staff have refunded or requested to be refunded of it.
    fn less_refunds(&self, paid: Money) -> Money {
        let counts = self.refunds.iter().filter(|refund| refund.state != RefundState::Failed);
        let refunded: i64 = counts.map(|refund| refund.amount.amount()).sum();
        paid.with_amount(paid.amount() - refunded)
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
mod tests;
