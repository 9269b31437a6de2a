//! The activities of the order saga.

use super::attempts::Attempts;
use super::functions::{PaymentFunctions, ShipOrder};
use super::pubsub::Broker;
use super::state::StateStore;
use super::stocks::ActorStocks;
use super::workflow::{
    CloseInput, PUBLISH, PayInput, PublishInput, RESUMED, ReserveInput, StepResult, UndoInput,
    pause,
};
use crate::domain::OrderId;
use crate::domain::order::Order;
use crate::domain::placing::PlacedOrder;
use crate::domain::saga::{Step, Undo};
use crate::observe;
use crate::operations::fulfilment::Fulfilment;
use crate::operations::orders::{DocumentLog, Noted};
use crate::ports::{Chain, Clock, Error, Failure, Result};
use dapr_durabletask::api::DurableTaskError;
use dapr_durabletask::task::ActivityContext;
use dapr_durabletask::worker::Registry;
use serde::de::value::{self, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use tracing::{Instrument, Span, field};

/// The timeout of an attempt at an activity. The engine sets none, so a hung activity would hang its
/// workflow forever.
const DEADLINE: Duration = Duration::from_secs(15);

type Orders<C> = DocumentLog<StateStore<Order>, Broker, C>;

/// The longest that it may take to note that a try failed.
const NOTE_DEADLINE: Duration = Duration::from_secs(2);

/// What the activities work with.
pub(super) type Shop<C> = Arc<Fulfilment<Orders<C>, ActorStocks, PaymentFunctions, ShipOrder>>;

/// The activities that a worker is to run.
pub(super) struct Activities<'a, C> {
    pub(super) registry: &'a mut Registry,
    pub(super) shop: Shop<C>,
    pub(super) attempts: Attempts,
}

impl<C: Clock> Activities<'_, C> {
    pub(super) fn register(mut self) {
        self.add_steps();
        self.add_undos();
    }

    fn add_steps(&mut self) {
        self.add(Step::Create.name(), |shop, order: PlacedOrder| async move {
            shop.create(&order).await
        });
        self.add(Step::Reserve.name(), |shop, ReserveInput { order_id, part }| async move {
            shop.reserve(&order_id, part).await
        });
        self.add(Step::Pay.name(), |shop, PayInput { order_id, total }| async move {
            shop.pay(&order_id, total).await
        });
        self.add(Step::Ship.name(), |shop, id: OrderId| async move { shop.ship(&id).await });
        self.add(
            Step::Complete.name(),
            |shop, id: OrderId| async move { shop.complete(&id).await },
        );
        self.add(PUBLISH, |shop, PublishInput { order_id, steps }| async move {
            shop.publish(&order_id, &steps).await
        });
    }

    fn add_undos(&mut self) {
        self.add(Step::CancelShipment.name(), |shop, UndoInput { order_id, cause }| async move {
            shop.cancel_shipment(&order_id, cause).await
        });
        self.add(Step::RefundPayment.name(), |shop, UndoInput { order_id, cause }| async move {
            shop.refund_payment(&order_id, cause).await
        });
        self.add(Step::ReleaseStock.name(), |shop, UndoInput { order_id, cause }| async move {
            shop.release_stock(&order_id, cause).await
        });
        self.add(Step::Close.name(), |shop, CloseInput { order, outcome }| async move {
            shop.close(&order, outcome).await
        });
    }

    /// Registers an activity: JSON in, [`StepResult`] as JSON out, an error when it failed
    /// technically or took too long.
    fn add<I, O, F>(
        &mut self,
        name: &'static str,
        work: impl Fn(Shop<C>, I) -> F + Copy + Send + Sync + 'static,
    ) where
        I: DeserializeOwned + Send + 'static,
        O: Serialize + Send + 'static,
        F: Future<Output = Result<Noted<O>>> + Send + 'static,
    {
        let (shop, attempts) = (self.shop.clone(), self.attempts.clone());
        self.registry.add_named_activity(name, move |context, input| {
            let input = serde_json::from_str(input.as_deref().unwrap_or("null"));
            let work = input.map(|input| work(shop.clone(), input));
            let (shop, attempts) = (shop.clone(), attempts.clone());
            async move {
                let execution = context.task_execution_id();
                let attempt = attempts.begin(execution);
                let tried = try_once(name, &context, work?);
                let tried = tried.instrument(span(name, &context, attempt)).await;
                if tried.is_ok() {
                    attempts.forget(execution);
                } else {
                    attempts.fail(execution, attempt);
                    note_failed_try(&shop, name, &context).await;
                }
                tried
            }
        });
    }
}

/// Notes in the order's document that a try failed, for those who watch the order.
async fn note_failed_try<C: Clock>(shop: &Shop<C>, name: &str, context: &ActivityContext) {
    let name: StrDeserializer<'_, value::Error> = name.into_deserializer();
    // Events are published again, too, but are no step.
    let Ok(step) = Step::deserialize(name) else { return };
    let order = context.orchestration_id();
    let Ok(id) = OrderId::try_from(order.trim_end_matches(RESUMED).to_owned()) else { return };
    let noted = timeout(NOTE_DEADLINE, shop.note_failed_try(&id, step, pause)).await;
    if let Ok(Err(Error::Failed(failure))) = noted {
        tracing::debug!(order.id = order, error = %Chain(&failure), "a failed try of step {step} is not noted");
    }
}

/// The span of a try of `step`, a child of the workflow's.
fn span(step: &'static str, context: &ActivityContext, attempt: i64) -> Span {
    tracing::info_span!(
        "step",
        otel.name = step,
        otel.status_code = field::Empty,
        error.r#type = field::Empty,
        order.id = context.orchestration_id(),
        saga.step = step,
        attempt,
        saga.compensation = Undo::ALL.into_iter().any(|undo| Step::from(undo).name() == step),
        saga.refusal = field::Empty,
    )
}

async fn try_once<O: Serialize>(
    step: &'static str,
    context: &ActivityContext,
    work: impl Future<Output = Result<Noted<O>>>,
) -> dapr_durabletask::api::Result<Option<String>> {
    let began = Instant::now();
    let late = |_| Err(Failure::new(step, "finish in time", "it was stopped").into());
    let done = tokio::select! {
        done = timeout(DEADLINE, work) => done.unwrap_or_else(late),
        // The engine hands the step to another worker.
        () = context.cancelled() => Err(Failure::new(step, "finish", "the function is stopping").into()),
    };
    observe::step_tried(step, result(&done), began.elapsed());
    Ok(Some(serde_json::to_string(&answer(step, context.orchestration_id(), done)?)?))
}

/// What an attempt returns to the workflow: a refusal is a result, a failure is an error.
fn answer<O>(
    step: &'static str,
    order: &str,
    done: Result<Noted<O>>,
) -> dapr_durabletask::api::Result<StepResult<O>> {
    match done {
        Ok(Noted { value, published }) => {
            Ok(StepResult { result: Ok(value), unpublished: !published })
        }
        Err(Error::Refused(refusal)) => {
            Span::current().record("saga.refusal", refusal.name());
            Ok(StepResult { result: Err(refusal), unpublished: false })
        }
        Err(Error::Failed(failure)) => {
            Span::current()
                .record("otel.status_code", "ERROR")
                .record("error.type", failure.operation);
            tracing::warn!(order.id = order, saga.step = step, error = %Chain(&failure), "step {step} of order {order} failed");
            Err(DurableTaskError::Other(failure.to_string()))
        }
    }
}

/// The result of an attempt, for metrics.
fn result<O>(done: &Result<O>) -> &'static str {
    match done {
        Ok(_) => "done",
        Err(Error::Refused(_)) => "refused",
        Err(Error::Failed(_)) => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Refusal;
    use std::future::{pending, ready};
    use tokio_util::sync::CancellationToken;

    fn context() -> ActivityContext {
        ActivityContext::new("order".to_owned(), 1, "execution".to_owned())
    }

    async fn tried(
        work: impl Future<Output = Result<Noted<u8>>>,
    ) -> dapr_durabletask::api::Result<Option<String>> {
        try_once("pay", &context(), work).await
    }

    #[tokio::test]
    async fn a_success_or_refusal_is_the_result_of_the_activity() {
        let done = tried(ready(Ok(Noted { value: 7, published: true }))).await.unwrap();
        assert_eq!(done.as_deref(), Some(r#"{"result":{"Ok":7}}"#));
        let unpublished = tried(ready(Ok(Noted { value: 7, published: false }))).await.unwrap();
        assert_eq!(unpublished.as_deref(), Some(r#"{"result":{"Ok":7},"unpublished":true}"#));
        let refused = tried(ready(Err(Refusal::PaymentVoided.into()))).await.unwrap();
        assert_eq!(refused.as_deref(), Some(r#"{"result":{"Err":{"type":"payment-voided"}}}"#));
    }

    #[tokio::test]
    async fn a_failure_is_an_error_that_the_engine_retries() {
        let failure = Failure::new("payments", "charge", "connection refused");
        let failed = tried(ready(Err(failure.into()))).await.unwrap_err();
        assert!(failed.to_string().contains("payments could not charge"), "{failed}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_activity_that_hangs_fails_at_its_deadline() {
        let began = tokio::time::Instant::now();
        let late = tried(pending()).await.unwrap_err();
        assert_eq!(began.elapsed().as_secs(), DEADLINE.as_secs());
        assert!(late.to_string().contains("finish in time"), "{late}");
    }

    #[tokio::test]
    async fn a_function_that_stops_leaves_its_step_to_another() {
        let stop = CancellationToken::new();
        let context = context().with_cancellation_token(stop.clone());
        stop.cancel();
        let stopped = try_once("pay", &context, pending::<Result<Noted<u8>>>()).await.unwrap_err();
        assert!(stopped.to_string().contains("could not finish"), "{stopped}");
    }
}
