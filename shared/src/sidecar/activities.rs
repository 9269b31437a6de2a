//! The activities of the order saga, and the worker that runs them.

use super::Sidecar;
use super::attempts::Attempts;
use super::functions::{PaymentFunctions, ShipOrder};
use super::pubsub::Broker;
use super::state::StateStore;
use super::stocks::ActorStocks;
use super::workflow::{self, ActivityResult, CloseInput, PayInput, UndoInput};
use crate::domain::OrderId;
use crate::domain::order::{Order, Progress};
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Step, Undo};
use crate::observe;
use crate::operations::orders::OrderLog;
use crate::operations::steps;
use crate::ports::{Chain, Clock, Error, Failure, OrFail, Result};
use dapr_durabletask::api::DurableTaskError;
use dapr_durabletask::task::ActivityContext;
use dapr_durabletask::worker::{ReconnectPolicy, Registry, TaskHubGrpcWorker, WorkerOptions};
use jiff::SignedDuration;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field};

/// The longest that one try of an activity may take. The engine sets no bound of its own, so a
/// hung activity would hang its workflow for ever.
const DEADLINE: Duration = Duration::from_secs(15);

/// Workflow turns and activities at work at once; more wait in the sidecar.
const CONCURRENT: usize = 256;

/// The longest wait before the worker looks again for a sidecar that it lost.
const RECONNECT: Duration = Duration::from_secs(2);

/// What the activities work with.
#[derive(Clone)]
struct Shop<C> {
    log: OrderLog<StateStore<Order>, Broker, C>,
    stocks: ActorStocks,
    payments: PaymentFunctions,
    shipping: ShipOrder,
    reservation_ttl: SignedDuration,
    attempts: Attempts,
}

/// Runs the order saga's workflows and activities.
pub struct Worker(TaskHubGrpcWorker);

impl Worker {
    /// A worker of `sidecar`; stock is held for `reservation_ttl` by `clock`.
    pub fn new(sidecar: &Sidecar, clock: impl Clock, reservation_ttl: SignedDuration) -> Self {
        let shop = Shop {
            log: OrderLog::new(sidecar.orders(), sidecar.publisher(), clock),
            stocks: sidecar.stocks(),
            payments: sidecar.payments(),
            shipping: sidecar.shipping(),
            reservation_ttl,
            attempts: Attempts::default(),
        };
        let options = WorkerOptions::new()
            .with_max_concurrent_work_items(CONCURRENT)
            .with_reconnect_policy(ReconnectPolicy::new().with_max_delay(RECONNECT));
        let mut worker = TaskHubGrpcWorker::with_options(sidecar.grpc.address(), options);
        worker.registry_mut().add_named_orchestrator(workflow::NAME, workflow::order_saga);
        register(worker.registry_mut(), &shop);
        Self(worker)
    }

    /// Works until `stop` is cancelled.
    ///
    /// # Errors
    /// When the worker gives up.
    pub async fn run(self, stop: CancellationToken) -> std::result::Result<(), Failure> {
        self.0.start(stop).await.or_fail("workflow worker", "run")
    }
}

fn register<C: Clock>(registry: &mut Registry, shop: &Shop<C>) {
    add(registry, Step::Create, shop, |shop, order: PlacedOrder| async move {
        shop.log.open(&order).await
    });
    add(registry, Step::Reserve, shop, |shop, id: OrderId| async move {
        let order = shop.log.placed(&id).await?;
        steps::reserve(&shop.log, &shop.stocks, &order, shop.reservation_ttl).await
    });
    add(registry, Step::Pay, shop, |shop, PayInput { order_id, total }| async move {
        let order = shop.log.placed(&order_id).await?;
        steps::pay(&shop.log, &shop.payments, &order, total).await
    });
    add(registry, Step::Ship, shop, |shop, id: OrderId| async move {
        let order = shop.log.placed(&id).await?;
        steps::ship(&shop.log, &shop.stocks, &shop.shipping, &order).await
    });
    add(registry, Step::Complete, shop, |shop, id: OrderId| async move {
        let order = shop.log.placed(&id).await?;
        steps::complete(&shop.log, &shop.stocks, &order).await
    });
    register_undos(registry, shop);
}

fn register_undos<C: Clock>(registry: &mut Registry, shop: &Shop<C>) {
    add(registry, Step::CancelShipment, shop, |shop, UndoInput { order_id, cause }| async move {
        let order = shop.log.begin_undo(&order_id, cause).await?;
        steps::cancel_shipment(&shop.log, &shop.shipping, &order).await
    });
    add(registry, Step::RefundPayment, shop, |shop, UndoInput { order_id, cause }| async move {
        let order = shop.log.begin_undo(&order_id, cause).await?;
        steps::refund_payment(&shop.log, &shop.payments, &order).await
    });
    add(registry, Step::ReleaseStock, shop, |shop, UndoInput { order_id, cause }| async move {
        let order = shop.log.begin_undo(&order_id, cause).await?;
        steps::release_stock(&shop.log, &shop.stocks, &order).await
    });
    add(registry, Step::Close, shop, |shop, CloseInput { order, outcome }| async move {
        shop.log.note(&order, &Progress::Ended(outcome)).await
    });
}

/// Registers the activity of `step`: JSON in, `Result<O, Refusal>` as JSON out, an error when the
/// machinery failed or took too long.
fn add<C, I, O, W, F>(registry: &mut Registry, step: Step, shop: &Shop<C>, work: W)
where
    C: Clock,
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    W: Fn(Shop<C>, I) -> F + Send + Sync + 'static,
    F: Future<Output = Result<O>> + Send + 'static,
{
    let shop = shop.clone();
    registry.add_named_activity(step.name(), move |context, input| {
        let input = serde_json::from_str(input.as_deref().unwrap_or("null"));
        let work = input.map(|input| work(shop.clone(), input));
        let attempts = shop.attempts.clone();
        async move {
            let execution = context.task_execution_id();
            let attempt = attempts.begin(execution);
            let tried = try_once(step, &context, work?);
            let tried = tried.instrument(span(step, &context, attempt)).await;
            match &tried {
                Ok(_) => attempts.forget(execution),
                Err(_) => attempts.fail(execution, attempt),
            }
            tried
        }
    });
}

/// The span of a try of `step`, a child of the workflow's.
fn span(step: Step, context: &ActivityContext, attempt: i64) -> Span {
    tracing::info_span!(
        "step",
        otel.name = step.name(),
        otel.status_code = field::Empty,
        error.r#type = field::Empty,
        order.id = context.orchestration_id(),
        saga.step = step.name(),
        attempt,
        saga.compensation = Undo::ALL.into_iter().any(|undo| Step::from(undo) == step),
        saga.refusal = field::Empty,
    )
}

async fn try_once<O: Serialize>(
    step: Step,
    context: &ActivityContext,
    work: impl Future<Output = Result<O>>,
) -> dapr_durabletask::api::Result<Option<String>> {
    let began = Instant::now();
    let late = |_| Err(Failure::new(step.name(), "finish in time", "it was stopped").into());
    let done = tokio::select! {
        done = timeout(DEADLINE, work) => done.unwrap_or_else(late),
        // The engine hands the step to another worker.
        () = context.cancelled() => Err(Failure::new(step.name(), "finish", "the function stops").into()),
    };
    observe::step_tried(step.name(), result(&done), began.elapsed());
    let answer: ActivityResult<O> = match done {
        Ok(done) => Ok(done),
        Err(Error::Refused(refusal)) => {
            Span::current().record("saga.refusal", refusal.name());
            Err(refusal)
        }
        Err(Error::Failed(failure)) => {
            Span::current()
                .record("otel.status_code", "ERROR")
                .record("error.type", failure.operation);
            let order = context.orchestration_id();
            tracing::warn!(order.id = order, saga.step = %step, error = %Chain(&failure), "a step failed");
            return Err(DurableTaskError::Other(failure.to_string()));
        }
    };
    Ok(Some(serde_json::to_string(&answer)?))
}

/// How a try went, as its measures name it.
fn result<O>(done: &Result<O>) -> &'static str {
    match done {
        Ok(_) => "done",
        Err(Error::Refused(_)) => "refused",
        Err(Error::Failed(_)) => "failed",
    }
}
