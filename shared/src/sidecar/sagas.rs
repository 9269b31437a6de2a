//! The sagas that this function hosts, as Dapr workflows.

use super::Grpc;
use super::grpc::DEADLINE;
use super::state::StateStore;
use super::workflow::{self, SagaInput};
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::domain::placing::PlacedOrder;
use crate::ports::{OrFail, Result, Sagas, document};
use dapr_durabletask::api::DurableTaskError;
use jiff::SignedDuration;
use std::time::Duration;
use tokio::time::{interval, timeout};
use tonic::Code;

const ENGINE: &str = "workflow engine";

/// How long to wait before looking again for what another caller started.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Starts and finds workflows, each under its order's id.
#[derive(Debug, Clone)]
pub struct WorkflowSagas {
    grpc: Grpc,
    orders: StateStore<Order>,
    /// How long the steps up to the shipment are retried.
    forward: Duration,
}

impl WorkflowSagas {
    /// Stock is held for `reservation_ttl`; the steps that need it are retried for 4/5 of that, so that
    /// there is time left to ship.
    pub(super) fn new(
        grpc: Grpc,
        orders: StateStore<Order>,
        reservation_ttl: SignedDuration,
    ) -> Self {
        Self { grpc, orders, forward: reservation_ttl.unsigned_abs() / 5 * 4 }
    }

    /// Starts the workflow; tells whether there was none that runs.
    async fn schedule(&self, order: &PlacedOrder) -> Result<bool> {
        const START: &str = "start a workflow";
        let input = SagaInput { order: order.clone(), forward_seconds: self.forward.as_secs() };
        let input = serde_json::to_string(&input).or_fail(ENGINE, START)?;
        let id = order.order_id.to_string();
        let mut client = self.grpc.workflows();
        let start = client.schedule_new_orchestration(workflow::NAME, Some(input), Some(id), None);
        // Without a worker the start would hang for as long as the caller has patience.
        match timeout(DEADLINE, start).await.or_fail(ENGINE, START)? {
            Err(DurableTaskError::GrpcError(status)) if status.code() == Code::AlreadyExists => {
                Ok(false)
            }
            started => Ok(started.map(|_| true).or_fail(ENGINE, START)?),
        }
    }

    /// What the workflow of an order was started with. A workflow that is being saved cannot be
    /// read for a moment, which the engine calls unknown.
    async fn input(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
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
        let state = timeout(DEADLINE, look).await.or_fail(ENGINE, FIND)?.or_fail(ENGINE, FIND)?;
        match state.and_then(|state| state.serialized_input) {
            Some(input) => {
                let input: SagaInput = serde_json::from_str(&input).or_fail(ENGINE, FIND)?;
                Ok(Some(input.order))
            }
            None => Ok(None),
        }
    }

    /// What the workflow that another caller has just started was started with: that shows only once
    /// its start is through.
    async fn started_by_another(&self, order: &OrderId) -> Result<PlacedOrder> {
        let mut polls = interval(POLL_INTERVAL);
        let look = async {
            loop {
                polls.tick().await;
                if let Some(accepted) = self.find(order).await? {
                    return Ok(accepted);
                }
            }
        };
        timeout(DEADLINE, look).await.or_fail(ENGINE, "show a workflow that was started")?
    }
}

impl Sagas for WorkflowSagas {
    /// Looks first: a workflow that has ended would run again. A start that loses a race against
    /// one that has ended meanwhile changes nothing: a second run finds the document of the first.
    async fn start(&self, order: &PlacedOrder) -> Result<PlacedOrder> {
        if let Some(accepted) = self.find(&order.order_id).await? {
            return Ok(accepted);
        }
        if !self.schedule(order).await? {
            return self.started_by_another(&order.order_id).await;
        }
        let document = document(&self.orders, &order.order_id).await?;
        Ok(document.map_or_else(|| order.clone(), |order| order.placed))
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        match document(&self.orders, order).await? {
            Some(order) => Ok(Some(order.placed)),
            None => self.input(order).await,
        }
    }
}
