//! The sagas that this function hosts, as Dapr workflows, each under its order's id.

use super::Grpc;
use super::grpc::DEADLINE;
use super::workflow::{self, ResumeInput, RetryLimits, SagaInput};
use crate::domain::OrderId;
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Step};
use crate::ports::{Clock, OrFail, Result, SagaEngine};
use dapr_durabletask::api::{DurableTaskError, OrchestrationState};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, interval, timeout};
use tonic::Code;

const ENGINE: &str = "workflow engine";

/// The time between two reads of a workflow that another caller started.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The time after which a workflow that was started but never ran is woken: the engine may have lost
/// its reminder.
const WAKE_AFTER: Duration = Duration::from_secs(1);

/// The time after which a workflow without a new event in its history has lost its reminder: steps
/// are retried at most 15 minutes apart.
const SILENT_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// Runs workflows.
#[derive(Debug, Clone)]
pub struct WorkflowEngine<C> {
    pub(super) grpc: Grpc,
    pub(super) clock: C,
    /// The limits of retries.
    pub(super) retries: RetryLimits,
}

impl<C: Clock> WorkflowEngine<C> {
    /// Starts a workflow; returns false if it runs already.
    async fn schedule(
        &self,
        name: &str,
        id: &str,
        input: &(impl Serialize + Sync),
    ) -> Result<bool> {
        const START: &str = "start a workflow";
        let input = serde_json::to_string(input).or_fail(ENGINE, START)?;
        let mut client = self.grpc.workflows();
        let start = client.schedule_new_orchestration(name, Some(input), Some(id.to_owned()), None);
        // Without a worker the start would hang until the caller's timeout.
        match timeout(DEADLINE, start).await.or_fail(ENGINE, START)? {
            Err(DurableTaskError::GrpcError(status)) if status.code() == Code::AlreadyExists => {
                Ok(false)
            }
            started => Ok(started.map(|_| true).or_fail(ENGINE, START)?),
        }
    }

    async fn start(&self, order: &PlacedOrder) -> Result<bool> {
        let input = SagaInput::new(order.clone(), self.retries);
        self.schedule(workflow::NAME, order.order_id.as_str(), &input).await
    }

    /// The state of a workflow. While it is being saved, the engine reports it as unknown for a
    /// moment.
    async fn state(&self, order: &OrderId) -> Result<Option<OrchestrationState>> {
        const FIND: &str = "find a workflow";
        let mut client = self.grpc.workflows();
        let mut polls = interval(POLL_INTERVAL);
        let look = async {
            loop {
                polls.tick().await;
                match client.get_orchestration_state(order.as_str(), true).await {
                    Err(DurableTaskError::GrpcError(status)) if status.code() == Code::Unknown => {}
                    found => return found,
                }
            }
        };
        Ok(timeout(DEADLINE, look).await.or_fail(ENGINE, FIND)?.or_fail(ENGINE, FIND)?)
    }

    /// The workflow that another caller has started, which is visible only once it runs. If it does not
    /// run, an event that it does not wait for wakes it.
    async fn running(&self, order: &OrderId) -> Result<(PlacedOrder, OrchestrationState)> {
        let (began, mut woken) = (Instant::now(), false);
        let mut polls = interval(POLL_INTERVAL);
        let look = async {
            loop {
                polls.tick().await;
                let state = self.state(order).await?;
                if let Some((state, placed)) = state.and_then(|state| Some((input(&state)?, state)))
                {
                    return Ok((state?, placed));
                }
                if !woken && began.elapsed() > WAKE_AFTER {
                    woken = true;
                    self.wake(order).await?;
                }
            }
        };
        timeout(DEADLINE, look).await.or_fail(ENGINE, "show a workflow that was started")?
    }

    async fn wake(&self, order: &OrderId) -> Result<()> {
        const WAKE: &str = "wake a workflow";
        tracing::warn!(order.id = %order, "the saga of order {order} was started but does not run: it is woken");
        let mut client = self.grpc.workflows();
        let wake = client.raise_orchestration_event(order.as_str(), "wake", None);
        Ok(timeout(DEADLINE, wake).await.or_fail(ENGINE, WAKE)?.or_fail(ENGINE, WAKE)?)
    }

    /// Terminates a workflow that has lost its reminder.
    async fn terminate(&self, order: &OrderId) -> Result<()> {
        const TERMINATE: &str = "end a workflow";
        tracing::warn!(order.id = %order, "the saga of order {order} made no progress: it is restarted");
        let mut client = self.grpc.workflows();
        let end = client.terminate_orchestration(order.as_str(), None, false);
        Ok(timeout(DEADLINE, end).await.or_fail(ENGINE, TERMINATE)?.or_fail(ENGINE, TERMINATE)?)
    }

    fn is_silent(&self, state: &OrchestrationState) -> bool {
        let updated = state.last_updated_at.map(|time| Timestamp::from_second(time.timestamp()));
        let quiet = |updated| self.clock.now().duration_since(updated) > SILENT_AFTER;
        updated.and_then(std::result::Result::ok).is_some_and(quiet)
    }
}

impl<C: Clock> SagaEngine for WorkflowEngine<C> {
    async fn run(&self, order: &PlacedOrder) -> Result<PlacedOrder> {
        if self.start(order).await? {
            return Ok(order.clone());
        }
        let (accepted, state) = self.running(&order.order_id).await?;
        if self.is_silent(&state) {
            self.terminate(&order.order_id).await?;
            self.start(&accepted).await?;
        }
        Ok(accepted)
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        self.state(order).await?.as_ref().and_then(input).transpose()
    }

    async fn ended(&self, order: &OrderId, wait: Duration) -> Result<()> {
        const WAIT: &str = "wait for a workflow";
        let mut client = self.grpc.long_running_workflows();
        let ended = client.wait_for_orchestration_completion(order.as_str(), false, Some(wait));
        let state = ended.await.or_fail(ENGINE, WAIT)?;
        Ok(state.map(|_| ()).ok_or("it does not exist").or_fail(ENGINE, WAIT)?)
    }

    async fn finish(&self, order: &PlacedOrder, cause: &Cause, left: &[Step]) -> Result<()> {
        let input = ResumeInput { order: order.clone(), cause: cause.clone(), left: left.to_vec() };
        let id = format!("{}{}", order.order_id, workflow::RESUMED);
        self.schedule(workflow::RESUME, &id, &input).await.map(|_| ())
    }
}

/// The input of a workflow that is visible.
fn input(state: &OrchestrationState) -> Option<Result<PlacedOrder>> {
    let input = state.serialized_input.as_ref()?;
    let input = serde_json::from_str::<SagaInput>(input).or_fail(ENGINE, "read an order");
    Some(input.map(|input| input.order).map_err(Into::into))
}
