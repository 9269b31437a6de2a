//! Sagas, and an engine of sagas, that record their calls.

use super::{Shared, lock};
use crate::domain::OrderId;
use crate::domain::caller::Caller;
use crate::domain::order::NewResumption;
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Cause, Step};
use crate::ports::{Failure, Result, SagaEngine, Sagas};
use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Sagas that start and never advance.
#[derive(Debug, Clone, Default)]
pub struct FakeSagas(Shared<HashMap<OrderId, PlacedOrder>>);

impl Sagas for FakeSagas {
    async fn start(&self, order: &PlacedOrder) -> Result<Option<PlacedOrder>> {
        let mut sagas = lock(&self.0);
        Ok(Some(sagas.entry(order.order_id.clone()).or_insert_with(|| order.clone()).clone()))
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        Ok(lock(&self.0).get(order).cloned())
    }

    async fn resume(
        &self,
        order: &OrderId,
        _: Option<&Caller>,
        _: &NewResumption,
    ) -> Result<Option<bool>> {
        Ok(lock(&self.0).get(order).map(|_| true))
    }
}

/// An engine whose sagas start and never advance.
#[derive(Debug, Clone, Default)]
pub struct FakeEngine {
    sagas: Shared<HashMap<OrderId, PlacedOrder>>,
    calls: Shared<Vec<String>>,
    fails: Shared<bool>,
    ended: Arc<Notify>,
}

impl FakeEngine {
    /// The calls, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lock(&self.calls).clone()
    }

    /// Makes the next call fail.
    pub fn fail_next(&self) {
        *lock(&self.fails) = true;
    }

    /// Makes every awaited saga end.
    pub fn end(&self) {
        self.ended.notify_waiters();
    }

    fn call(&self, call: String) -> Result<()> {
        if mem::take(&mut *lock(&self.fails)) {
            return Err(Failure::new("fake engine", "run", "set to fail").into());
        }
        lock(&self.calls).push(call);
        Ok(())
    }
}

impl SagaEngine for FakeEngine {
    async fn run(&self, order: &PlacedOrder) -> Result<PlacedOrder> {
        self.call("run".to_owned())?;
        let mut sagas = lock(&self.sagas);
        Ok(sagas.entry(order.order_id.clone()).or_insert_with(|| order.clone()).clone())
    }

    async fn find(&self, order: &OrderId) -> Result<Option<PlacedOrder>> {
        Ok(lock(&self.sagas).get(order).cloned())
    }

    async fn ended(&self, _: &OrderId, _: Duration) -> Result<()> {
        self.ended.notified().await;
        Ok(())
    }

    async fn finish(&self, _: &PlacedOrder, _: &Cause, left: &[Step]) -> Result<()> {
        let left: Vec<_> = left.iter().map(|step| step.name()).collect();
        self.call(format!("finish {}", left.join(" ")))
    }
}
