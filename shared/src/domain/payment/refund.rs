//! The refunds of a payment.

use super::{Payment, PaymentState};
use crate::domain::{Money, PaymentId, Refusal};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// How long after its success a refund is reviewed. A bank that cannot give the money to its
/// customer sends it back, within 30 days
/// ([failed refunds](https://docs.stripe.com/refunds#failed-refunds)).
const REVIEWS: [SignedDuration; 3] = [
    SignedDuration::from_hours(24),
    SignedDuration::from_hours(7 * 24),
    SignedDuration::from_hours(30 * 24),
];

/// Whether a refund that succeeded at `since` is due for a review.
#[must_use]
pub fn needs_review(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= REVIEWS[0]
}

/// The delay until a refund that succeeded at `since` is next reviewed; none, once all reviews are
/// done.
#[must_use]
pub fn next_review(since: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    let age = now.duration_since(since);
    REVIEWS.into_iter().find(|review| *review > age).map(|review| review - age)
}

const REFUNDS: Uuid = Uuid::from_u128(0x5e7a_90c2_1d3b_5f84_a6e9_0b48_73dd_1c92);

/// The id of a refund, unique within its payment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RefundId(String);

impl RefundId {
    /// The refund that undoes the whole payment.
    #[must_use]
    pub fn undo() -> Self {
        Self("undo".to_owned())
    }

    /// The refund of all that is left of a caller's payment.
    #[must_use]
    pub fn rest() -> Self {
        Self("rest".to_owned())
    }

    /// The refund of `payment` that is requested under an `Idempotency-Key`: the same for the same
    /// pair.
    #[must_use]
    pub fn for_key(payment: &PaymentId, key: &str) -> Self {
        Self(Uuid::new_v5(&REFUNDS, format!("{payment}/{key}").as_bytes()).to_string())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RefundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A refund: its amount and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id: unique within its payment.
    pub refund_id: RefundId,
    /// The amount, in minor units: at most what is left of the charge.
    pub amount: Money,
    /// The last state that the provider reported.
    pub state: RefundState,
    /// How many keys of the request are spent: the provider stores a failure as the response to its
    /// key.
    #[serde(default)]
    pub spent_keys: u32,
    /// When its state last changed; none if an earlier version recorded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// The state of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RefundState {
    /// The provider may or may not have been asked, or has not decided.
    Pending,
    /// The money is refunded.
    Succeeded,
    /// The provider could not refund it, or took that back later. It is asked again when the refund
    /// is.
    Failed,
}

impl Payment {
    /// The refund with this `id`.
    #[must_use]
    pub fn refund(&self, id: &RefundId) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.refund_id == *id)
    }

    /// What was charged and is neither refunded nor being refunded, in minor units.
    #[must_use]
    pub fn left(&self) -> i64 {
        self.less(|state| state != RefundState::Failed)
    }

    /// What was charged and is not refunded, in minor units.
    #[must_use]
    pub fn kept(&self) -> i64 {
        self.less(|state| state == RefundState::Succeeded)
    }

    /// What has been refunded in all, if anything.
    #[must_use]
    pub fn given_back(&self) -> Option<Money> {
        let charged = self.charge.as_ref()?.amount;
        let done = self.refunds.iter().filter(|refund| refund.state == RefundState::Succeeded);
        let sum: i64 = done.map(|refund| refund.amount.amount()).sum();
        // Earlier versions recorded no refund, only that everything is refunded.
        if matches!(self.state, PaymentState::Refunded { .. }) && self.refunds.is_empty() {
            return Some(charged);
        }
        Some(charged.with_amount(sum)).filter(|sum| sum.amount() > 0)
    }

    fn less(&self, counts: impl Fn(RefundState) -> bool) -> i64 {
        let (PaymentState::Charged { .. }, Some(charge)) = (&self.state, &self.charge) else {
            return 0;
        };
        let refunds = self.refunds.iter().filter(|refund| counts(refund.state));
        charge.amount.amount() - refunds.map(|refund| refund.amount.amount()).sum::<i64>()
    }

    /// Records at `at` that `amount`, or all that is left, is to be refunded as `id`. Repeated, it
    /// changes nothing; nor does a request for all when nothing is left.
    ///
    /// # Errors
    /// [`Refusal::RefundTooLarge`], when less than that is left; [`Refusal::RefundMismatch`], when
    /// `id` was requested with another amount; [`Refusal::TooManyRefunds`].
    pub fn ask_refund(
        &mut self,
        id: &RefundId,
        amount: Option<Money>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let left = self.left();
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.refund_id == *id) {
            return refund.ask_again(amount, left, at);
        }
        let Some(charged) = self.charge.as_ref().map(|charge| charge.amount) else { return Ok(()) };
        let all = charged.with_amount(left);
        let amount = amount.unwrap_or(all);
        if amount.currency() != all.currency() || amount.amount() > left {
            return Err(Refusal::RefundTooLarge { left: all });
        }
        if amount.amount() == 0 {
            return Ok(());
        }
        if self.refunds.len() >= Self::MAX_REFUNDS && *id != RefundId::undo() {
            return Err(Refusal::TooManyRefunds);
        }
        let (refund_id, state) = (id.clone(), RefundState::Pending);
        let refund = Refund { refund_id, amount, state, spent_keys: 0, updated_at: Some(at) };
        self.refunds.push(refund);
        Ok(())
    }

    /// Records at `at` the state of the refund `id`. One that has succeeded stays so; a payment of
    /// which all is refunded is refunded.
    pub fn note_refund(&mut self, id: &RefundId, state: RefundState, at: Timestamp) {
        let open = |refund: &&mut Refund| {
            refund.refund_id == *id && refund.state != RefundState::Succeeded
        };
        if let Some(refund) = self.refunds.iter_mut().find(open) {
            refund.note(state, at);
        }
        if let PaymentState::Charged { reference } = &self.state
            && self.kept() == 0
        {
            self.state = PaymentState::Refunded { reference: reference.clone() };
        }
    }

    /// Records at `at` that the provider took the refund `id` back after it had succeeded, and
    /// returns whether that was new. A payment of which all was refunded is then charged again.
    pub fn take_refund_back(&mut self, id: &RefundId, at: Timestamp) -> bool {
        let done = |refund: &&mut Refund| {
            refund.refund_id == *id && refund.state == RefundState::Succeeded
        };
        let Some(refund) = self.refunds.iter_mut().find(done) else { return false };
        refund.note(RefundState::Failed, at);
        if let PaymentState::Refunded { reference } = &self.state {
            self.state = PaymentState::Charged { reference: reference.clone() };
        }
        true
    }

    /// Records that `spent` keys of the refund `id` are spent.
    pub fn spend_refund_key(&mut self, id: &RefundId, spent: u32) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.refund_id == *id) {
            refund.spent_keys = refund.spent_keys.max(spent);
        }
    }
}

impl Refund {
    fn note(&mut self, state: RefundState, at: Timestamp) {
        if self.state != state {
            (self.state, self.updated_at) = (state, Some(at));
        }
    }

    fn ask_again(
        &mut self,
        amount: Option<Money>,
        left: i64,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if amount.is_some_and(|amount| amount != self.amount) {
            return Err(Refusal::RefundMismatch);
        }
        if self.state != RefundState::Failed {
            return Ok(());
        }
        if self.amount.amount() > left {
            return Err(Refusal::RefundTooLarge { left: self.amount.with_amount(left) });
        }
        self.note(RefundState::Pending, at);
        Ok(())
    }
}
