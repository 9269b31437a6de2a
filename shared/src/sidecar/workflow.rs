//! The order saga as a Dapr workflow: each step is an activity.
//!
//! The calls and their order are a wire format: a running workflow replays its history against this
//! code. `replay.rs` pins them, and `histories.rs` replays what released versions wrote. What would
//! change them is another workflow with its own name, such as `order-saga-2`: new orders start
//! that one, and this one stays registered until the last order on it has ended, 26 hours later.

mod retries;

pub(super) use retries::pause;

use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Outcome, Step, Steps, Stop, Undo, finish, fulfil};
use crate::domain::{Money, OrderId, Refusal};
use crate::operations::fulfilment::{Part, Reserved};
use dapr_durabletask::api::RetryPolicy;
use dapr_durabletask::task::{ActivityOptions, OrchestrationContext};
use dapr_durabletask::worker::Registry;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::mem;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// The name of the workflow.
pub const NAME: &str = "order-saga";

/// The name of the workflow that performs the remaining steps of a stuck order.
pub(super) const RESUME: &str = "order-resume";

/// What the id of such a workflow adds to its order's.
pub(super) const RESUMED: &str = "-resume";

/// The tries of about a day.
const UNDO_TRIES: u32 = 100;

/// The activity that publishes events which the broker did not accept immediately.
pub(super) const PUBLISH: &str = "publish";

/// The input of the workflow.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SagaInput {
    /// The order.
    #[serde(flatten)]
    pub(super) order: PlacedOrder,
    /// How long the steps up to the shipment are retried in total. Part of the input, so that a changed
    /// setting does not affect running orders.
    pub(super) forward_seconds: u64,
    /// The most attempts at an undo. Part of the input for the same reason.
    #[serde(default = "about_a_day")]
    pub(super) undo_tries: u32,
}

/// The value for orders started before it was part of the input.
fn about_a_day() -> u32 {
    UNDO_TRIES
}

impl SagaInput {
    /// The steps that need the reservation are retried for 4/5 of its duration, which leaves time to
    /// ship.
    pub(super) fn new(order: PlacedOrder, retries: RetryLimits) -> Self {
        let RetryLimits { reservation_ttl, undo_tries } = retries;
        let forward_seconds = reservation_ttl.unsigned_abs().as_secs() / 5 * 4;
        Self { order, forward_seconds, undo_tries }
    }
}

/// The limits of retries of an order's steps.
#[derive(Debug, Clone, Copy)]
pub struct RetryLimits {
    /// How long stock is reserved for an order that is not shipped.
    pub reservation_ttl: SignedDuration,
    /// The most attempts at an undo, after which the order is stuck.
    pub undo_tries: u32,
}

/// The input of [`RESUME`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResumeInput {
    pub(super) order: PlacedOrder,
    /// What stopped the order.
    pub(super) cause: Cause,
    /// The steps still to be done.
    pub(super) left: Vec<Step>,
}

/// The result of an activity. A refusal is a value; an error is retried.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StepResult<T> {
    /// The step's result, or its refusal.
    pub(super) result: Result<T, Refusal>,
    /// Whether the event of the step is still to be published.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) unpublished: bool,
}

/// The input of [`Step::Reserve`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReserveInput {
    pub(super) order_id: OrderId,
    pub(super) part: Part,
}

/// The input of [`Step::Pay`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PayInput {
    pub(super) order_id: OrderId,
    pub(super) total: Money,
}

/// The input of an undo.
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

/// The input of [`PUBLISH`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PublishInput {
    pub(super) order_id: OrderId,
    pub(super) steps: Vec<Step>,
}

/// Registers every workflow of this version.
pub(super) fn register(registry: &mut Registry) {
    registry.add_named_orchestrator(NAME, order_saga);
    registry.add_named_orchestrator(RESUME, order_resume);
}

/// Processes an order from start to end; the workflow's output is the [`Outcome`].
pub(super) async fn order_saga(
    context: OrchestrationContext,
) -> dapr_durabletask::api::Result<Option<String>> {
    let SagaInput { order, forward_seconds, undo_tries } = context.input()?;
    let forward = Duration::from_secs(forward_seconds);
    let steps = Activities::new(context, forward, retries::undo(undo_tries));
    let outcome = fulfil(&steps, &order).await;
    steps.publish(&order.order_id).await;
    Ok(Some(serde_json::to_string(&outcome)?))
}

/// Performs the remaining steps of a stuck order; the workflow's output is the [`Outcome`].
pub(super) async fn order_resume(
    context: OrchestrationContext,
) -> dapr_durabletask::api::Result<Option<String>> {
    let ResumeInput { order, cause, left } = context.input()?;
    let steps = Activities::new(context, Duration::ZERO, retries::resume());
    let outcome = finish(&steps, &order, cause, &left).await;
    steps.publish(&order.order_id).await;
    Ok(Some(serde_json::to_string(&outcome)?))
}

struct Activities {
    context: OrchestrationContext,
    /// The deadline of the steps up to the shipment.
    until: Timestamp,
    /// The retry policy of steps that must succeed eventually.
    persistent: RetryPolicy,
    /// The steps whose events are still to be published.
    unpublished: Mutex<Vec<Step>>,
}

impl Activities {
    fn new(context: OrchestrationContext, forward: Duration, persistent: RetryPolicy) -> Self {
        let until = now(&context).saturating_add(forward).unwrap_or(Timestamp::MAX);
        Self { context, until, persistent, unpublished: Mutex::default() }
    }

    async fn call<T: DeserializeOwned>(
        &self,
        step: Step,
        input: impl Serialize + Send,
        retry: RetryPolicy,
    ) -> Result<T, Stop> {
        let answer: StepResult<T> = self.activity(step.name(), input, retry).await?;
        if answer.unpublished {
            self.unpublished().push(step);
        }
        answer.result.map_err(Stop::Refused)
    }

    async fn activity<T: DeserializeOwned>(
        &self,
        name: &str,
        input: impl Serialize + Send,
        retry: RetryPolicy,
    ) -> Result<StepResult<T>, Stop> {
        let options = ActivityOptions::new().with_retry_policy(retry);
        let answer = self.context.call_activity_with_options(name, input, options);
        let answer = answer.await.map_err(|_| Stop::Failed)?.ok_or(Stop::Failed)?;
        serde_json::from_str(&answer).map_err(|_| Stop::Failed)
    }

    fn unpublished(&self) -> MutexGuard<'_, Vec<Step>> {
        self.unpublished.lock().expect("no panic happens while a step is recorded")
    }

    /// Publishes the events that the broker did not accept immediately, in the order of the steps. A
    /// failure does not affect the order.
    async fn publish(&self, order_id: &OrderId) {
        let steps = mem::take(&mut *self.unpublished());
        if !steps.is_empty() {
            let input = PublishInput { order_id: order_id.clone(), steps };
            let _published = self.activity::<()>(PUBLISH, input, retries::undo(UNDO_TRIES)).await;
        }
    }

    /// Until the deadline of the steps up to the shipment.
    fn forward_retries(&self) -> RetryPolicy {
        let left = Duration::try_from(self.until.duration_since(now(&self.context)));
        retries::forward(left.unwrap_or_default())
    }
}

impl Steps for Activities {
    async fn create(&self, order: &PlacedOrder) -> Result<Option<Outcome>, Stop> {
        self.call(Step::Create, order, self.forward_retries()).await
    }

    async fn reserve(&self, order: &PlacedOrder) -> Result<Money, Stop> {
        let mut part = Part::default();
        loop {
            let input = ReserveInput { order_id: order.order_id.clone(), part };
            match self.call(Step::Reserve, input, self.forward_retries()).await? {
                Reserved::All { total } => return Ok(total),
                Reserved::Part(more) => part = more,
            }
        }
    }

    async fn pay(&self, order: &PlacedOrder, total: Money) -> Result<(), Stop> {
        let input = PayInput { order_id: order.order_id.clone(), total };
        self.call(Step::Pay, input, self.forward_retries()).await
    }

    async fn ship(&self, order: &PlacedOrder) -> Result<(), Stop> {
        self.call(Step::Ship, &order.order_id, self.forward_retries()).await
    }

    async fn complete(&self, order: &PlacedOrder) -> Result<(), Stop> {
        self.call(Step::Complete, &order.order_id, self.persistent.clone()).await
    }

    async fn undo(&self, order: &PlacedOrder, undo: Undo, cause: &Cause) -> Result<(), Stop> {
        let undoing = UndoInput { order_id: order.order_id.clone(), cause: cause.clone() };
        self.call(undo.into(), undoing, self.persistent.clone()).await
    }

    async fn close(&self, order: &PlacedOrder, outcome: &Outcome) -> Result<(), Stop> {
        let close = CloseInput { order: order.clone(), outcome: outcome.clone() };
        self.call(Step::Close, close, self.persistent.clone()).await
    }
}

/// The time of the workflow, the same in every replay.
fn now(context: &OrchestrationContext) -> Timestamp {
    let millis = context.current_utc_datetime().timestamp_millis();
    Timestamp::from_millisecond(millis).expect("the engine's clock is within the calendar")
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod replay;
