//! The order saga: `create → reserve → pay → ship → complete`, or everything that was tried is undone.

use super::placing::PlacedOrder;
use super::{Money, Refusal};
use futures::future::join_all;
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
    /// Undoes `ship`.
    CancelShipment,
    /// Undoes `pay`.
    RefundPayment,
    /// Undoes `reserve`.
    ReleaseStock,
    /// Records in the order document how the order ended.
    Close,
}

/// Why a step was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stop {
    /// It was refused: this attempt changed nothing.
    Refused(Refusal),
    /// It failed technically: it may have taken effect or not.
    Failed,
}

/// What stopped an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The step that was not done.
    pub step: Step,
    /// Whether it was refused or failed.
    pub stop: Stop,
}

/// How an order ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every step is done.
    Fulfilled,
    /// Every step that was tried is undone.
    Cancelled {
        /// The step that stopped it, and why.
        cause: Cause,
    },
    /// A step could not be completed or undone, and needs attention.
    Stuck {
        /// The step that stopped it, and why.
        cause: Cause,
        /// The steps still to be done, 1 to 3.
        left: Vec<Step>,
    },
}

/// The side effects of the saga. Every step is idempotent; every undo may find nothing to undo.
pub trait Steps: Sync {
    /// Writes the order document. A run of an order that has already ended learns how.
    fn create(&self, order: &PlacedOrder) -> impl StepFuture<Option<Outcome>>;
    /// Reserves every product or none, and returns the total.
    fn reserve(&self, order: &PlacedOrder) -> impl StepFuture<Money>;
    /// Charges `total`.
    fn pay(&self, order: &PlacedOrder, total: Money) -> impl StepFuture<()>;
    /// Commits the reservations, then books the shipment.
    fn ship(&self, order: &PlacedOrder) -> impl StepFuture<()>;
    /// Settles the stock and marks the order completed.
    fn complete(&self, order: &PlacedOrder) -> impl StepFuture<()>;
    /// Undoes one step, because of `cause`.
    fn undo(&self, order: &PlacedOrder, undo: Undo, cause: &Cause) -> impl StepFuture<()>;
    /// Records how the order ended.
    fn close(&self, order: &PlacedOrder, outcome: &Outcome) -> impl StepFuture<()>;
}

/// The future that a step returns.
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
    /// All undos, in the order of the steps that they undo.
    pub const ALL: [Self; 3] = [Self::ReleaseStock, Self::RefundPayment, Self::CancelShipment];
}

/// Fulfils an order, or leaves no trace of it, or says what is left.
///
/// Every step that was tried is undone, also a refused one: an earlier attempt may have taken effect.
pub async fn fulfil(steps: &impl Steps, order: &PlacedOrder) -> Outcome {
    let mut tried = Vec::new();
    match attempt(steps, order, &mut tried).await {
        Ok(outcome) => outcome,
        // The goods have been shipped: the order can only be completed.
        Err(cause) if cause.step == Step::Complete => ended(cause, vec![Step::Complete]),
        Err(cause) => unwind(steps, order, tried, cause).await,
    }
}

/// Executes the steps that are `left` of a stuck order, and returns how it ended.
pub async fn finish(
    steps: &impl Steps,
    order: &PlacedOrder,
    cause: Cause,
    left: &[Step],
) -> Outcome {
    if left.contains(&Step::Complete) {
        return match steps.complete(order).await {
            Ok(()) => Outcome::Fulfilled,
            Err(_) => ended(cause, vec![Step::Complete]),
        };
    }
    let undos = Undo::ALL.into_iter().filter(|undo| left.contains(&Step::from(*undo)));
    unwind(steps, order, undos.collect(), cause).await
}

async fn attempt(
    steps: &impl Steps,
    order: &PlacedOrder,
    tried: &mut Vec<Undo>,
) -> Result<Outcome, Cause> {
    if let Some(outcome) = steps.create(order).await.map_err(stopped_at(Step::Create))? {
        return Ok(outcome);
    }
    tried.push(Undo::ReleaseStock);
    let total = steps.reserve(order).await.map_err(stopped_at(Step::Reserve))?;
    tried.push(Undo::RefundPayment);
    steps.pay(order, total).await.map_err(stopped_at(Step::Pay))?;
    tried.push(Undo::CancelShipment);
    steps.ship(order).await.map_err(stopped_at(Step::Ship))?;
    steps.complete(order).await.map_err(stopped_at(Step::Complete))?;
    Ok(Outcome::Fulfilled)
}

/// Runs the `undos` concurrently: none waits for another that fails.
async fn unwind(
    steps: &impl Steps,
    order: &PlacedOrder,
    undos: Vec<Undo>,
    cause: Cause,
) -> Outcome {
    let undone = undos.iter().map(|undo| steps.undo(order, *undo, &cause));
    let undone = join_all(undone).await;
    let failed = undos.into_iter().zip(undone).filter(|(_, undone)| undone.is_err());
    let left = failed.map(|(undo, _)| undo.into()).collect();
    close(steps, order, cause, left).await
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

fn stopped_at(step: Step) -> impl FnOnce(Stop) -> Cause {
    move |stop| Cause { step, stop }
}

impl Outcome {
    /// The name of the outcome.
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
    /// Whether it undoes another step.
    #[must_use]
    pub fn is_undo(self) -> bool {
        Undo::ALL.map(Self::from).contains(&self)
    }

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
