//! The document of an order, which `get-order` and `order-status` read.

mod cancellation;
mod letter;
mod listed;
mod privacy;
mod refund;
mod resumption;
mod retry;
mod status;

pub use cancellation::{CancelRejection, Cancellation, Canceller, NewCancellation};
pub use letter::HandledLetter;
pub use listed::{ListedOrder, NotAPosition, OrderPage, OrderQuery, Position};
pub use refund::{NewOrderRefund, OrderRefund, RefundRejection};
pub use resumption::{NewResumption, Resumption};
pub use retry::Retry;
pub use status::Status;

use super::placing::PlacedOrder;
use super::saga::{Cause, Outcome, Step, Stop};
use super::{CustomerId, Money, PaymentId, TrackingId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the saga notes about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Every product is reserved.
    Reserved {
        /// The total of the reserved prices.
        total: Money,
    },
    /// The total is charged.
    Paid {
        /// Derived from the order's id, so that a repetition names the same one.
        payment_id: PaymentId,
    },
    /// The shipment is booked.
    Shipped {
        /// The carrier's tracking id.
        tracking_id: TrackingId,
    },
    /// A step was refused or failed, so the order will be undone.
    Stopped(Cause),
    /// A step was undone.
    Undone(Step),
    /// The payment was undone.
    PaymentUndone {
        /// The refunded amount; none when nothing was charged.
        refunded: Option<Money>,
    },
    /// The order ended, as the outcome says.
    Ended(Outcome),
}

/// The document of an order, stored under its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What was accepted, and when.
    pub placed: PlacedOrder,
    /// The progress.
    pub status: Status,
    /// The total of the reserved prices; none before `reserved`.
    pub total: Option<Money>,
    /// The payment; none before `paid`.
    pub payment_id: Option<PaymentId>,
    /// The carrier's tracking id; none before `shipped`.
    pub tracking_id: Option<TrackingId>,
    /// The amount refunded when its payment was undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_back: Option<Money>,
    /// The request to cancel it, if there was one before it was shipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation: Option<Cancellation>,
    /// What was refunded then, and taken back by the provider after it had succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Money>,
    /// How its saga ended, once it has; when it is stuck, what is left.
    pub outcome: Option<Outcome>,
    /// The steps that ended, oldest first.
    pub steps: Vec<StepDone>,
    /// The steps that are tried again, at most one forward or one of each undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retrying: Vec<Retry>,
    /// What staff asked to be refunded, oldest first; at most
    /// [`Payment::MAX_REFUNDS`](super::payment::Payment::MAX_REFUNDS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<OrderRefund>,
    /// When and why staff resumed it, oldest first; the latest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumptions: Vec<Resumption>,
    /// The dead letters about it that staff resent or dropped, oldest first; the latest 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handled_letters: Vec<HandledLetter>,
    /// When its saga last changed it.
    pub updated_at: Timestamp,
}

/// A step that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepDone {
    /// A step forward or an undo.
    pub step: Step,
    /// Whether it was done, refused, or failed after all its tries.
    pub state: StepState,
    /// When the activity recorded it, by the clock of its host.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub at: Timestamp,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// It took effect.
    Done,
    /// It was refused.
    Refused,
    /// It failed, despite all its retries.
    Failed,
}

impl Progress {
    /// The step that has an event, if this has one.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        match self {
            Self::Reserved { .. } => Some(Step::Reserve),
            Self::Paid { .. } => Some(Step::Pay),
            Self::Shipped { .. } => Some(Step::Ship),
            Self::Ended(_) => Some(Step::Close),
            Self::Stopped(_) | Self::Undone(_) | Self::PaymentUndone { .. } => None,
        }
    }
}

impl Order {
    /// The customer who placed it.
    #[must_use]
    pub fn customer(&self) -> &CustomerId {
        &self.placed.order.customer_id
    }

    /// The document of an order just accepted.
    #[must_use]
    pub fn new(placed: PlacedOrder) -> Self {
        let at = placed.created_at;
        Self {
            placed,
            status: Status::Pending,
            total: None,
            payment_id: None,
            tracking_id: None,
            given_back: None,
            cancellation: None,
            taken_back: None,
            outcome: None,
            steps: vec![StepDone { step: Step::Create, state: StepState::Done, at }],
            retrying: Vec::new(),
            refunds: Vec::new(),
            resumptions: Vec::new(),
            handled_letters: Vec::new(),
            updated_at: at,
        }
    }

    /// Records what happened at `at`, and returns whether that changed the document: a repeated, late
    /// or reordered call changes nothing, nor does any call once the order has ended, nor a shipment
    /// of an order that is to be cancelled.
    pub fn note(&mut self, progress: &Progress, at: Timestamp) -> bool {
        if self.status.is_final() {
            return false;
        }
        match progress {
            Progress::Reserved { total } => {
                self.advance(Status::Reserved, Step::Reserve, at)
                    && self.total.replace(*total).is_none()
            }
            Progress::Paid { payment_id } => {
                self.advance(Status::Paid, Step::Pay, at)
                    && self.payment_id.replace(payment_id.clone()).is_none()
            }
            Progress::Shipped { tracking_id } => {
                self.cancellation.is_none()
                    && self.advance(Status::Shipped, Step::Ship, at)
                    && self.tracking_id.replace(tracking_id.clone()).is_none()
            }
            Progress::Stopped(Cause { step, stop }) => self.record(*step, stop.into(), at),
            Progress::Undone(step) => self.record(*step, StepState::Done, at),
            Progress::PaymentUndone { refunded } => self.undo_payment(*refunded, at),
            Progress::Ended(outcome) => self.end(outcome, at),
        }
    }

    fn advance(&mut self, status: Status, step: Step, at: Timestamp) -> bool {
        let changed = status > self.status;
        if changed {
            self.status = status;
            self.record(step, StepState::Done, at);
        }
        changed
    }

    /// An undo that refunded nothing is not recorded as a step, unless it was left to be done.
    fn undo_payment(&mut self, refunded: Option<Money>, at: Timestamp) -> bool {
        const UNDO: Step = Step::RefundPayment;
        let first = self.given_back.is_none() && refunded.is_some();
        self.given_back = self.given_back.or(refunded);
        let left = |done: &StepDone| done.step == UNDO && done.state == StepState::Failed;
        let happened = refunded.is_some() || self.steps.iter().any(left);
        (happened && self.record(UNDO, StepState::Done, at)) || first
    }

    fn end(&mut self, outcome: &Outcome, at: Timestamp) -> bool {
        self.retrying.clear();
        if self.outcome.as_ref() == Some(outcome) {
            return false;
        }
        self.updated_at = at;
        match outcome {
            Outcome::Fulfilled => {
                self.advance(Status::Completed, Step::Complete, at);
            }
            Outcome::Cancelled { cause } => {
                self.status = Status::Cancelled;
                self.record(cause.step, (&cause.stop).into(), at);
            }
            Outcome::Stuck { cause, left } => {
                self.status = Status::Stuck;
                self.record(cause.step, (&cause.stop).into(), at);
                for step in left {
                    self.record(*step, StepState::Failed, at);
                }
            }
        }
        self.outcome = Some(outcome.clone());
        true
    }

    fn record(&mut self, step: Step, state: StepState, at: Timestamp) -> bool {
        let changed = self.steps.iter().all(|done| done.step != step || done.state != state);
        if changed {
            self.retrying.retain(|retry| retry.step != step);
            self.steps.push(StepDone { step, state, at });
            self.updated_at = at;
        }
        changed
    }
}

impl From<&Stop> for StepState {
    fn from(stop: &Stop) -> Self {
        match stop {
            Stop::Refused(_) => Self::Refused,
            Stop::Failed => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests;
