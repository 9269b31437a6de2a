//! The refunds of the book: <https://docs.stripe.com/refunds>.

use super::entry::{Entry, new_id};
use super::{Book, Due, MAX_INTENTS, full, no_such_intent};
use crate::payment::amounts::check_fraction;
use crate::payment::cards::{Card, RefundCourse};
use crate::payment::error::StripeError;
use crate::payment::ledger::Movement;
use crate::payment::objects::{IntentStatus, Page, Refund, RefundStatus};
use crate::payment::requests::{NewRefund, RefundFilter};
use crate::payment::settlement::{RefundEnd, SettlementPlan};
use jiff::Timestamp;
use std::time::Duration;

/// When the refunds of some test cards change their state.
const SOME_TIME: Duration = Duration::from_secs(10);

/// Why a test card's refund fails: <https://docs.stripe.com/refunds#failed-refunds>.
const FAILURE: &str = "expired_or_canceled_card";

impl Book {
    /// Refunds part or all of what an intent took.
    ///
    /// # Errors
    ///
    /// There is no such intent, or it has less left than requested; or the book is full.
    pub(crate) fn refund(
        &mut self,
        new: NewRefund,
        now: Timestamp,
        plan: &mut SettlementPlan,
    ) -> Result<Refund, StripeError> {
        if self.refunds.len() >= MAX_INTENTS {
            return Err(full());
        }
        let id = &new.payment_intent;
        let entry = self.entries.get_mut(id).ok_or_else(|| no_such_intent(id, "payment_intent"))?;
        let amount = entry.refundable(new.amount)?;
        let (status, later) = match plan.next_refund() {
            Some(later) => (RefundStatus::Pending, Some(later)),
            None => entry.refund_course(),
        };
        let refund = entry.add_refund(new, amount, status, now);
        self.movements.push(Movement::of_refund(&entry.intent, &refund, now));
        self.refunds.insert(refund.id.clone(), refund.payment_intent.clone());
        if let Some((wait, end)) = later {
            self.later(now, wait, Due::Refund(refund.id.clone(), end));
        }
        Ok(refund)
    }

    /// # Errors
    ///
    /// There is no such refund.
    pub(crate) fn refund_of_id(&self, id: &str) -> Result<&Refund, StripeError> {
        let entry = self.refunds.get(id).and_then(|intent| self.entries.get(intent));
        let refund = entry.and_then(|entry| entry.refunds.iter().find(|refund| refund.id == id));
        let missing = || StripeError::missing_resource("id", format!("No such refund: '{id}'"));
        refund.ok_or_else(missing)
    }

    /// A page of the refunds that `filter` selects, newest first.
    ///
    /// # Errors
    ///
    /// There is no such intent, or no such refund to start after.
    pub(crate) fn list_refunds(&self, filter: &RefundFilter) -> Result<Page<&Refund>, StripeError> {
        let mut refunds: Vec<&Refund> = match &filter.payment_intent {
            Some(id) => {
                let missing = || no_such_intent(id, "payment_intent");
                self.entries.get(id).ok_or_else(missing)?.refunds.iter().collect()
            }
            None => self.entries.values().flat_map(|entry| &entry.refunds).collect(),
        };
        refunds.sort_by(|a, b| b.id.cmp(&a.id));
        if let Some(last) = &filter.starting_after {
            self.refund_of_id(last)?;
            refunds.retain(|refund| refund.id < *last);
        }
        let has_more = refunds.len() > filter.limit;
        refunds.truncate(filter.limit);
        Ok(Page { object: "list", url: "/v1/refunds", has_more, data: refunds })
    }

    pub(super) fn settle_refund(&mut self, id: &str, end: RefundEnd, at: Timestamp) {
        let entry = self.refunds.get(id).and_then(|intent| self.entries.get_mut(intent));
        let Some(entry) = entry else { return };
        let Some(refund) = entry.refunds.iter_mut().find(|refund| refund.id == id) else { return };
        refund.status = match end {
            RefundEnd::Succeed => RefundStatus::Succeeded,
            RefundEnd::Fail => RefundStatus::Failed,
            RefundEnd::Cancel => RefundStatus::Canceled,
            RefundEnd::RequireAction => RefundStatus::RequiresAction,
        };
        refund.failure_reason = (end == RefundEnd::Fail).then_some(FAILURE);
        self.movements.push(Movement::of_refund(&entry.intent, refund, at));
    }
}

impl Entry {
    /// The amount to refund: `asked`, or all that is left.
    fn refundable(&self, asked: Option<u64>) -> Result<u64, StripeError> {
        if self.intent.status != IntentStatus::Succeeded {
            let message = format!(
                "This PaymentIntent ({}) does not have a successful charge to refund.",
                self.intent.id
            );
            return Err(StripeError::parameter("payment_intent", message));
        }
        let left = self.intent.amount_received - self.refunded();
        let (currency, asked) = (&self.intent.currency, asked.unwrap_or(left));
        if left == 0 {
            let charge = self.intent.latest_charge.as_deref().unwrap_or_default();
            let message = format!("Charge {charge} has already been refunded.");
            return Err(StripeError::rejected(message).coded("charge_already_refunded"));
        }
        if asked > left {
            let message = format!(
                "Refund amount ({asked} {currency}) is greater than unrefunded amount on charge \
                 ({left} {currency})"
            );
            return Err(StripeError::parameter("amount", message));
        }
        check_fraction(asked, currency)?;
        Ok(asked)
    }

    /// What was or may still be refunded. The amount of a refund that failed or was cancelled can be
    /// refunded again.
    fn refunded(&self) -> u64 {
        let counts = |refund: &&Refund| match refund.status {
            RefundStatus::Pending | RefundStatus::RequiresAction | RefundStatus::Succeeded => true,
            RefundStatus::Failed | RefundStatus::Canceled => false,
        };
        self.refunds.iter().filter(counts).map(|refund| refund.amount).sum()
    }

    /// The first state of a refund that no plan delays, and its end if that comes later.
    fn refund_course(&self) -> (RefundStatus, Option<(Duration, RefundEnd)>) {
        match self.card {
            Some(Card::Accepts(RefundCourse::SucceedLater)) => {
                (RefundStatus::Pending, Some((SOME_TIME, RefundEnd::Succeed)))
            }
            Some(Card::Accepts(RefundCourse::FailLater)) => {
                (RefundStatus::Succeeded, Some((SOME_TIME, RefundEnd::Fail)))
            }
            Some(
                Card::Accepts(RefundCourse::Succeed) | Card::Declines(_) | Card::Authenticates,
            )
            | None => (RefundStatus::Succeeded, None),
        }
    }

    fn add_refund(
        &mut self,
        new: NewRefund,
        amount: u64,
        status: RefundStatus,
        now: Timestamp,
    ) -> Refund {
        let refund = Refund {
            id: new_id("re"),
            object: "refund",
            amount,
            charge: self.intent.latest_charge.clone().unwrap_or_default(),
            created: now.as_second(),
            currency: self.intent.currency.clone(),
            failure_reason: None,
            metadata: new.metadata,
            payment_intent: new.payment_intent,
            reason: new.reason,
            status,
        };
        self.refunds.push(refund.clone());
        assert!(self.refunded() <= self.intent.amount_received, "refunded more than was charged");
        refund
    }
}
