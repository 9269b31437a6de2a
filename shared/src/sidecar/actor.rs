//! The host of the stock actors: Dapr's HTTP contract for actor hosts
//! ([actors API](https://docs.dapr.io/reference/api/actors_api/)), of which only 200 is success.
//!
//! A turn reads the actor's document, carries out one command and writes the document back. Dapr
//! runs one turn of an actor at a time; the locks here also keep a turn that outlived its sidecar
//! from writing over one that came after it.

use super::{Grpc, Sidecar};
use crate::domain::stock::{Command, Reply, Stock, turn};
use crate::domain::{ProductId, Refusal};
use crate::observe;
use crate::ports::{Chain, Clock, Failure, OrFail};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use dapr::dapr::proto::common::v1::{
    JobFailurePolicy, JobFailurePolicyConstant, job_failure_policy,
};
use dapr::dapr::proto::runtime::v1::{
    ExecuteActorStateTransactionRequest, GetActorStateRequest, RegisterActorReminderRequest,
    TransactionalActorStateOperation,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

/// The actor type: an actor's id is its product's.
pub const ACTOR_TYPE: &str = "stock";

/// The method that takes a [`Command`].
pub(super) const TURN: &str = "turn";

/// The key of the actor's one document.
const DOCUMENT: &str = "stock";

/// The component that keeps the documents.
const STORE: &str = "stock-store";

/// The reminder that releases what has expired.
const SWEEP: &str = "sweep";

/// The longest that a turn may take, so that a lost sidecar holds up no other turn for long.
const TURN_DEADLINE: Duration = Duration::from_secs(5);

/// How long a reminder that failed waits for its next try. It is tried for ever: giving up would
/// leave expired reservations open until somebody asks for the product.
const REMINDER_RETRY_SECONDS: i64 = 5;

type Locks = [Mutex<()>; 64];

#[derive(Clone)]
struct ActorHost<C> {
    grpc: Grpc,
    clock: C,
    locks: Arc<Locks>,
}

/// The routes by which `sidecar` drives the stock actors of this host.
pub fn host(sidecar: &Sidecar, clock: impl Clock) -> Router {
    let locks = Arc::new(std::array::from_fn(|_| Mutex::default()));
    let state = ActorHost { grpc: sidecar.grpc.clone(), clock, locks };
    Router::new()
        .route("/dapr/config", get(config))
        .route("/actors/stock/{product_id}", delete(deactivate))
        .route("/actors/stock/{product_id}/method/turn", put(take_turn))
        .route("/actors/stock/{product_id}/method/remind/sweep", put(sweep))
        .with_state(state)
}

async fn config() -> Json<Value> {
    Json(json!({
        "entities": [ACTOR_TYPE],
        "actorIdleTimeout": "10m",
        "drainOngoingCallTimeout": "5s",
        "drainRebalancedActors": true
    }))
}

async fn deactivate() -> StatusCode {
    StatusCode::OK
}

async fn take_turn<C: Clock>(
    State(host): State<ActorHost<C>>,
    Path(product): Path<ProductId>,
    body: Bytes,
) -> impl IntoResponse {
    match serde_json::from_slice(&body) {
        Ok(command) => host.answer(&product, &command).await.map(Json),
        Err(error) => {
            tracing::error!(product.id = %product, error = %Chain(&error), "a command cannot be read");
            Err(StatusCode::BAD_REQUEST)
        }
    }
}

async fn sweep<C: Clock>(
    State(host): State<ActorHost<C>>,
    Path(product): Path<ProductId>,
) -> impl IntoResponse {
    host.answer(&product, &Command::Sweep).await.map(Json)
}

impl<C: Clock> ActorHost<C> {
    async fn answer(
        &self,
        product: &ProductId,
        command: &Command,
    ) -> Result<Result<Reply, Refusal>, StatusCode> {
        let late = |_| Err(Failure::new(ACTOR_TYPE, "take a turn", "the sidecar is too slow"));
        let reply = timeout(TURN_DEADLINE, self.turn(product, command)).await.unwrap_or_else(late);
        if let Ok(Err(refusal)) = &reply {
            observe::stock_refused(refusal.name());
        }
        reply.map_err(|failure| {
            tracing::error!(product.id = %product, error = %Chain(&failure), "a turn failed");
            StatusCode::INTERNAL_SERVER_ERROR
        })
    }

    async fn turn(
        &self,
        product: &ProductId,
        command: &Command,
    ) -> Result<Result<Reply, Refusal>, Failure> {
        let _turn = self.lock(product).await;
        let before = self.load(product).await?;
        let mut stock = before.clone();
        let now = self.clock.now();
        let reply = turn(&mut stock, product, command, now);
        if let Some(at) = stock.as_mut().and_then(|stock| stock.plan_sweep(now)) {
            self.remind(product, at.duration_since(now)).await?;
        }
        if let Some(stock) = stock
            && before.as_ref() != Some(&stock)
        {
            self.save(product, &stock).await?;
        }
        Ok(reply)
    }

    async fn lock(&self, product: &ProductId) -> MutexGuard<'_, ()> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(product);
        let count = self.locks.len() as u64;
        let index = usize::try_from(hash % count).expect("the remainder is below 64");
        self.locks[index].lock().await
    }

    async fn load(&self, product: &ProductId) -> Result<Option<Stock>, Failure> {
        const LOAD: &str = "load a stock";
        let request = GetActorStateRequest {
            actor_type: ACTOR_TYPE.to_owned(),
            actor_id: product.to_string(),
            key: DOCUMENT.to_owned(),
        };
        let found = self.grpc.dapr().get_actor_state(request).await.or_fail(STORE, LOAD)?;
        let found = found.into_inner().data;
        if found.is_empty() {
            return Ok(None);
        }
        serde_json::from_slice(&found).map(Some).or_fail(STORE, LOAD)
    }

    async fn save(&self, product: &ProductId, stock: &Stock) -> Result<(), Failure> {
        const SAVE: &str = "save a stock";
        let value = serde_json::to_vec(stock).or_fail(STORE, SAVE)?;
        let upsert = TransactionalActorStateOperation {
            operation_type: "upsert".to_owned(),
            key: DOCUMENT.to_owned(),
            value: Some(prost_types::Any { type_url: String::new(), value }),
            metadata: HashMap::default(),
        };
        let request = ExecuteActorStateTransactionRequest {
            actor_type: ACTOR_TYPE.to_owned(),
            actor_id: product.to_string(),
            operations: vec![upsert],
        };
        let saved = self.grpc.dapr().execute_actor_state_transaction(request).await;
        saved.map(|_| ()).or_fail(STORE, SAVE)
    }

    /// Sets the product's one reminder to fire after `delay`, in place of any that was set before.
    async fn remind(&self, product: &ProductId, delay: SignedDuration) -> Result<(), Failure> {
        let retry = JobFailurePolicyConstant {
            interval: Some(prost_types::Duration { seconds: REMINDER_RETRY_SECONDS, nanos: 0 }),
            max_retries: None,
        };
        let request = RegisterActorReminderRequest {
            actor_type: ACTOR_TYPE.to_owned(),
            actor_id: product.to_string(),
            name: SWEEP.to_owned(),
            due_time: due_time(delay),
            overwrite: Some(true),
            failure_policy: Some(JobFailurePolicy {
                policy: Some(job_failure_policy::Policy::Constant(retry)),
            }),
            ..RegisterActorReminderRequest::default()
        };
        let set = self.grpc.dapr().register_actor_reminder(request).await;
        set.map(|_| ()).or_fail("scheduler", "set a reminder")
    }
}

/// A delay as Dapr reads it, rounded up to the millisecond, so that a reminder never fires too early.
fn due_time(delay: SignedDuration) -> String {
    format!("{}ms", delay.as_millis().max(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reminder_never_fires_early() {
        assert_eq!(due_time(SignedDuration::from_micros(1_500)), "2ms");
        assert_eq!(due_time(SignedDuration::from_secs(-5)), "1ms");
    }
}
