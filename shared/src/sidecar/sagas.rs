//! The sagas that this function hosts, as Dapr workflows.

use super::grpc::DEADLINE;
use super::state::StateStore;
use super::{Grpc, workflow};
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::domain::placing::PlacedOrder;
use crate::ports::{OrFail, Result, Sagas, document};
use dapr_durabletask::api::DurableTaskError;
use tokio::time::timeout;
use tonic::Code;

const ENGINE: &str = "workflow engine";

/// Starts and finds workflows, each under its order's id.
#[derive(Debug, Clone)]
pub struct WorkflowSagas {
    grpc: Grpc,
    orders: StateStore<Order>,
}

impl WorkflowSagas {
    pub(super) fn new(grpc: Grpc, orders: StateStore<Order>) -> Self {
        Self { grpc, orders }
    }

    /// Starts the workflow; tells whether there was none that runs.
    async fn schedule(&self, order: &PlacedOrder) -> Result<bool> {
        const START: &str = "start a workflow";
        let input = serde_json::to_string(order).or_fail(ENGINE, START)?;
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

    /// What the workflow of an order was started with.
    async fn input(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        const FIND: &str = "find a workflow";
        let mut client = self.grpc.workflows();
        let find = timeout(DEADLINE, client.get_orchestration_state(order.as_str(), true));
        let state = find.await.or_fail(ENGINE, FIND)?.or_fail(ENGINE, FIND)?;
        match state.and_then(|state| state.serialized_input) {
            Some(input) => Ok(Some(serde_json::from_str(&input).or_fail(ENGINE, FIND)?)),
            None => Ok(None),
        }
    }
}

impl Sagas for WorkflowSagas {
    /// Looks first: a workflow that has ended would run again. A start that loses a race against
    /// another one changes nothing: a second run finds the document of the first.
    async fn start(&self, order: &PlacedOrder) -> Result<PlacedOrder> {
        if let Some(accepted) = self.find(&order.order_id).await? {
            return Ok(accepted);
        }
        let started = self.schedule(order).await?;
        let accepted = match document(&self.orders, &order.order_id).await? {
            Some(order) => Some(order.placed),
            None if started => None,
            None => self.input(&order.order_id).await?,
        };
        Ok(accepted.unwrap_or_else(|| order.clone()))
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        match document(&self.orders, order).await? {
            Some(order) => Ok(Some(order.placed)),
            None => self.input(order).await,
        }
    }
}
