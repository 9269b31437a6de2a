//! The worker that runs the order saga's workflows and activities, and sweeps overdue orders and payments.

use super::activities::Activities;
use super::attempts::Attempts;
use super::functions::PaymentFunctions;
use super::pubsub::Broker;
use super::sagas::WorkflowEngine;
use super::state::StateStore;
use super::workflow::RetryLimits;
use super::{Sidecar, reconnect, workflow};
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::operations::cancellations::CancellationService;
use crate::operations::changes::Changes;
use crate::operations::dispatch::Dispatcher;
use crate::operations::due::Page;
use crate::operations::fulfilment::Fulfilment;
use crate::operations::lag::Lag;
use crate::operations::order_refunds::RefundService;
use crate::operations::orders::{DocumentLog, OrderLookup};
use crate::operations::progress::OrderProgress;
use crate::ports::{Chain, Clock, Failure, OrFail, PaymentClient, Progress, Result};
use dapr_durabletask::worker::{ReconnectPolicy, TaskHubGrpcWorker, WorkerOptions};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// The most workflow turns and activities that run concurrently; more wait in the sidecar.
const CONCURRENT: usize = 256;

/// The longest backoff between two attempts to reconnect to a lost sidecar.
const RECONNECT: Duration = Duration::from_secs(2);

/// The time between two sweeps for orders that have not ended.
const SWEEP_INTERVAL: Duration = Duration::from_secs(15);

/// Starts sagas as workflows, with the index of due orders in the orders' store.
pub type WorkflowDispatcher<C> = Dispatcher<
    StateStore<Order>,
    StateStore<Page<OrderId>>,
    WorkflowEngine<C>,
    SidecarRefunds<C>,
    C,
>;

/// Refunds stored with the orders, of payments made by other functions.
pub type SidecarRefunds<C> =
    RefundService<StateStore<Order>, StateStore<Page<OrderId>>, PaymentFunctions, Broker, C>;

/// Cancellations of orders whose sagas are workflows.
pub type WorkflowCancellations<C> =
    CancellationService<StateStore<Order>, WorkflowDispatcher<C>, C>;

/// Runs the order saga's workflows and activities.
pub struct Worker<C> {
    sidecar: Sidecar,
    hub: TaskHubGrpcWorker,
    dispatcher: WorkflowDispatcher<C>,
    orders: StateStore<Order>,
    changes: Changes,
    payments: PaymentFunctions,
    payments_every: Duration,
}

impl<C: Clock> Worker<C> {
    /// A worker of `sidecar` that retries the steps of orders within `retries`, and has overdue payments
    /// settled every `payments_every`.
    pub fn new(
        sidecar: &Sidecar,
        clock: &C,
        retries: RetryLimits,
        payments_every: Duration,
    ) -> Self {
        let (changes, lag) = (Changes::default(), Lag::default());
        let log = DocumentLog::new(sidecar.orders(), sidecar.publisher(), clock.clone());
        let shop = Fulfilment {
            log: log.notifying(changes.clone()).timing(lag.clone()),
            stocks: sidecar.stocks(),
            payments: sidecar.payments(),
            shipping: sidecar.shipping(),
            reservation_ttl: retries.reservation_ttl,
        };
        let options = WorkerOptions::new()
            .with_max_concurrent_work_items(CONCURRENT)
            .with_reconnect_policy(ReconnectPolicy::new().with_max_delay(RECONNECT));
        let mut hub = TaskHubGrpcWorker::with_options(sidecar.grpc.address(), options);
        workflow::register(hub.registry_mut());
        let (shop, attempts) = (Arc::new(shop), Attempts::default());
        Activities { registry: hub.registry_mut(), shop, attempts }.register();
        let (dispatcher, payments) = (sidecar.dispatcher(clock, retries, lag), sidecar.payments());
        let (sidecar, orders) = (sidecar.clone(), sidecar.orders());
        Self { sidecar, hub, dispatcher, orders, changes, payments, payments_every }
    }

    /// The progress of the orders of this worker and of other replicas.
    #[must_use]
    pub fn progress(&self) -> impl Progress + use<C> {
        let dispatcher = self.dispatcher.clone();
        let engine = dispatcher.engine.clone();
        let orders = OrderLookup { orders: self.orders.clone(), sagas: dispatcher };
        OrderProgress { orders, changes: self.changes.clone(), engine }
    }

    /// Starts sagas for this worker.
    #[must_use]
    pub fn dispatcher(&self) -> WorkflowDispatcher<C> {
        self.dispatcher.clone()
    }

    /// Cancels the orders of the sagas of this worker.
    #[must_use]
    pub fn cancellations(&self) -> WorkflowCancellations<C> {
        let (orders, clock) = (self.dispatcher.orders.clone(), self.dispatcher.clock.clone());
        CancellationService { orders, sagas: self.dispatcher(), clock }
    }

    /// Runs until `stop` is cancelled.
    ///
    /// # Errors
    /// When the worker fails permanently.
    pub async fn run(self, stop: CancellationToken) -> std::result::Result<(), Failure> {
        let Self { sidecar, hub, dispatcher, payments, payments_every, .. } = self;
        let orders = sweeps("orders", SWEEP_INTERVAL, || dispatcher.sweep());
        let payments = sweeps("payments", payments_every, || payments.sweep());
        let watch = reconnect::watch(sidecar, reconnect::CHECK_INTERVAL, reconnect::LIMIT);
        let aside = async { tokio::join!(orders, payments, watch) };
        let aside = stop.clone().run_until_cancelled_owned(aside);
        let mut work = pin!(hub.start(stop));
        let worked = tokio::select! {
            worked = &mut work => worked,
            _ = aside => work.await,
        };
        worked.or_fail("workflow worker", "run")
    }
}

/// Sweeps without end; the next sweep repeats one that was interrupted.
async fn sweeps<F: Future<Output = Result<()>>>(
    of: &'static str,
    every: Duration,
    sweep: impl Fn() -> F,
) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = sweep().await {
            tracing::warn!(error = %Chain(&error), "the sweep for overdue {of} failed");
        }
    }
}
