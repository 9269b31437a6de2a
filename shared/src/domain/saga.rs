//! The order saga: `create → reserve → pay → ship → complete`, or back to where it began.

use super::placing::PlacedOrder;
use super::{Money, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::future::Future;

/// A step of the saga, forward or back, as `GET /api/orders/{id}/status` names it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Writes the order document.
    Create,
    /// Reserves every product.
    Reserve,
    /// Charges the total.
    Pay,
    /// Commits the reservations, then books the shipment.
    Ship,
    /// Settles the stock.
    Complete,
    /// Undoes [`Step::Ship`].
    CancelShipment,
    /// Undoes [`Step::Pay`].
    RefundPayment,
    /// Undoes [`Step::Reserve`].
    ReleaseStock,
    /// Writes into the order document how the order ended.
    Close,
}

/// Why a step did not happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// It was refused: nothing changed.
    Refused(Refusal),
    /// Its machinery failed: it may have happened or not.
    Failed,
}

/// What stopped an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The step that did not happen.
    pub step: Step,
    /// Why.
    pub stop: Stop,
}

/// How an order ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything happened.
    Fulfilled,
    /// Nothing is left of it.
    Cancelled {
        /// What stopped it.
        cause: Cause,
    },
    /// Something could not be brought to its end, and a person must look.
    Stuck {
        /// What stopped it.
        cause: Cause,
        /// The steps still to be done.
        left: Vec<Step>,
    },
}

/// What the saga asks of the world. Every step is harmless when repeated; every undo may find
/// nothing to undo.
pub trait Steps: Sync {
    /// Writes the order document. A run of an order that has already ended learns how.
    fn create(&self, order: &PlacedOrder) -> impl StepFuture<Option<Outcome>>;
    /// Reserves every product or none, and tells the total.
    fn reserve(&self, order: &PlacedOrder) -> impl StepFuture<Money>;
    /// Charges `total`.
    fn pay(&self, order: &PlacedOrder, total: Money) -> impl StepFuture<()>;
    /// Commits the reservations, then books the shipment.
    fn ship(&self, order: &PlacedOrder) -> impl StepFuture<()>;
    /// Settles the stock and marks the order completed.
    fn complete(&self, order: &PlacedOrder) -> impl StepFuture<()>;
    /// Undoes one step, because of `cause`.
    fn undo(&self, order: &PlacedOrder, undo: Undo, cause: &Cause) -> impl StepFuture<()>;
    /// Writes how the order ended.
    fn close(&self, order: &PlacedOrder, outcome: &Outcome) -> impl StepFuture<()>;
}

/// The future answer of a step.
pub trait StepFuture<T>: Future<Output = Result<T, Stop>> + Send {}

impl<T, F: Future<Output = Result<T, Stop>> + Send> StepFuture<T> for F {}

/// What undoes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undo {
    /// Undoes [`Step::Reserve`].
    ReleaseStock,
    /// Undoes [`Step::Pay`].
    RefundPayment,
    /// Undoes [`Step::Ship`].
    CancelShipment,
}

impl Undo {
    /// Every one, in the order of the steps that they undo.
    pub const ALL: [Self; 3] = [Self::ReleaseStock, Self::RefundPayment, Self::CancelShipment];
}

/// Fulfils an order, or leaves no trace of it, or says what is left.
pub async fn fulfil(steps: &impl Steps, order: &PlacedOrder) -> Outcome {
    let mut ledger = Ledger::default();
    match attempt(steps, order, &mut ledger).await {
        Ok(outcome) => outcome,
        Err(cause) => {
            let left = unwind(steps, order, ledger, &cause).await;
            close(steps, order, cause, left).await
        }
    }
}

async fn attempt(
    steps: &impl Steps,
    order: &PlacedOrder,
    ledger: &mut Ledger,
) -> Result<Outcome, Cause> {
    if let Some(outcome) = steps.create(order).await.map_err(failed_at(Step::Create))? {
        return Ok(outcome);
    }
    let total = ledger.step(Step::Reserve, Undo::ReleaseStock, steps.reserve(order)).await?;
    ledger.step(Step::Pay, Undo::RefundPayment, steps.pay(order, total)).await?;
    ledger.step(Step::Ship, Undo::CancelShipment, steps.ship(order)).await?;
    steps.complete(order).await.map_err(failed_at(Step::Complete))?;
    Ok(Outcome::Fulfilled)
}

/// Undoes what the ledger holds, last first, and returns what could not be done.
async fn unwind(
    steps: &impl Steps,
    order: &PlacedOrder,
    ledger: Ledger,
    cause: &Cause,
) -> Vec<Step> {
    if cause.step == Step::Complete {
        // The goods are on their way: the only way out is forward.
        return vec![Step::Complete];
    }
    let mut left = Vec::new();
    for undo in ledger.0.into_iter().rev() {
        if steps.undo(order, undo, cause).await.is_err() {
            left.push(undo.into());
        }
    }
    left
}

async fn close(
    steps: &impl Steps,
    order: &PlacedOrder,
    cause: Cause,
    mut left: Vec<Step>,
) -> Outcome {
    let outcome = ended(cause.clone(), left.clone());
    if steps.close(order, &outcome).await.is_ok() {
        return outcome;
    }
    left.push(Step::Close);
    ended(cause, left)
}

fn ended(cause: Cause, left: Vec<Step>) -> Outcome {
    if left.is_empty() { Outcome::Cancelled { cause } } else { Outcome::Stuck { cause, left } }
}

/// The undos of the steps that may have happened, in the order of the steps.
#[derive(Default)]
struct Ledger(Vec<Undo>);

impl Ledger {
    /// Tries a step whose undo is noted before, because a step that fails may have happened, and
    /// struck out only when the step is refused.
    async fn step<T>(
        &mut self,
        step: Step,
        undo: Undo,
        trial: impl StepFuture<T>,
    ) -> Result<T, Cause> {
        self.0.push(undo);
        trial.await.map_err(|stop| {
            if matches!(stop, Stop::Refused(_)) {
                self.0.pop();
            }
            Cause { step, stop }
        })
    }
}

fn failed_at(step: Step) -> impl FnOnce(Stop) -> Cause {
    move |stop| Cause { step, stop }
}

impl Outcome {
    /// The name of what became of the order.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fulfilled => "completed",
            Self::Cancelled { .. } => "cancelled",
            Self::Stuck { .. } => "stuck",
        }
    }
}

impl From<Undo> for Step {
    fn from(undo: Undo) -> Self {
        match undo {
            Undo::ReleaseStock => Self::ReleaseStock,
            Undo::RefundPayment => Self::RefundPayment,
            Undo::CancelShipment => Self::CancelShipment,
        }
    }
}

impl Step {
    /// The name on the wire, in kebab-case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Reserve => "reserve",
            Self::Pay => "pay",
            Self::Ship => "ship",
            Self::Complete => "complete",
            Self::CancelShipment => "cancel-shipment",
            Self::RefundPayment => "refund-payment",
            Self::ReleaseStock => "release-stock",
            Self::Close => "close",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod faults;
