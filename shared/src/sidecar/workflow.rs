//! The order saga as a Dapr workflow: each step is an activity.
//!
//! The calls and their order are a wire format: a running workflow replays its history against this
//! code. `replay.rs` pins them.

use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Outcome, Step, Steps, Stop, Undo, fulfil};
use crate::domain::{Money, OrderId, Refusal};
use dapr_durabletask::api::RetryPolicy;
use dapr_durabletask::task::{ActivityOptions, OrchestrationContext};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The name of the workflow.
pub const NAME: &str = "order-saga";

/// What an activity answers: refused is data, so it travels as a value; an error is retried.
pub(super) type ActivityResult<T> = Result<T, Refusal>;

/// The input of [`Step::Pay`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PayInput {
    pub(super) order_id: OrderId,
    pub(super) total: Money,
}

/// The input of what undoes a step.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UndoInput {
    pub(super) order_id: OrderId,
    pub(super) cause: Cause,
}

/// The input of [`Step::Close`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CloseInput {
    pub(super) order: PlacedOrder,
    pub(super) outcome: Outcome,
}

/// Carries one order from end to end; the workflow's output is the [`Outcome`].
pub(super) async fn order_saga(
    context: OrchestrationContext,
) -> dapr_durabletask::api::Result<Option<String>> {
    let order: PlacedOrder = context.input()?;
    let outcome = fulfil(&Activities(context), &order).await;
    Ok(Some(serde_json::to_string(&outcome)?))
}

struct Activities(OrchestrationContext);

impl Activities {
    async fn call<T: DeserializeOwned>(
        &self,
        step: Step,
        input: impl Serialize + Send,
        retry: RetryPolicy,
    ) -> Result<T, Stop> {
        let options = ActivityOptions::new().with_retry_policy(retry);
        let answer = self.0.call_activity_with_options(step.name(), input, options);
        let answer = answer.await.map_err(|_| Stop::Failed)?.ok_or(Stop::Failed)?;
        let answer: ActivityResult<T> = serde_json::from_str(&answer).map_err(|_| Stop::Failed)?;
        answer.map_err(Stop::Refused)
    }
}

impl Steps for Activities {
    async fn create(&self, order: &PlacedOrder) -> Result<Option<Outcome>, Stop> {
        self.call(Step::Create, order, forward_retries()).await
    }

    async fn reserve(&self, order: &PlacedOrder) -> Result<Money, Stop> {
        self.call(Step::Reserve, &order.order_id, forward_retries()).await
    }

    async fn pay(&self, order: &PlacedOrder, total: Money) -> Result<(), Stop> {
        self.call(
            Step::Pay,
            PayInput { order_id: order.order_id.clone(), total },
            forward_retries(),
        )
        .await
    }

    async fn ship(&self, order: &PlacedOrder) -> Result<(), Stop> {
        self.call(Step::Ship, &order.order_id, forward_retries()).await
    }

    async fn complete(&self, order: &PlacedOrder) -> Result<(), Stop> {
        self.call(Step::Complete, &order.order_id, undo_retries()).await
    }

    async fn undo(&self, order: &PlacedOrder, undo: Undo, cause: &Cause) -> Result<(), Stop> {
        let undoing = UndoInput { order_id: order.order_id.clone(), cause: cause.clone() };
        self.call(undo.into(), undoing, undo_retries()).await
    }

    async fn close(&self, order: &PlacedOrder, outcome: &Outcome) -> Result<(), Stop> {
        let close = CloseInput { order: order.clone(), outcome: outcome.clone() };
        self.call(Step::Close, close, undo_retries()).await
    }
}

/// Six tries within about a quarter of a minute, and the time that each takes: a customer waits.
fn forward_retries() -> RetryPolicy {
    RetryPolicy::new(6, Duration::from_millis(500))
        .with_backoff_coefficient(2.0)
        .with_max_retry_interval(Duration::from_secs(5))
}

/// About a day of tries, 15 minutes apart in the end: money or goods are left to give back.
fn undo_retries() -> RetryPolicy {
    RetryPolicy::new(100, Duration::from_millis(500))
        .with_backoff_coefficient(2.0)
        .with_max_retry_interval(Duration::from_mins(15))
}

#[cfg(test)]
mod replay;
