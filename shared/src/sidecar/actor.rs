//! The host of the stock actors: Dapr's HTTP contract for actor hosts
//! ([actors API](https://docs.dapr.io/reference/api/actors_api/)), of which only 200 is success.
//!
//! A turn reads the product's document, carries out one command and writes the document back, fenced by
//! its `ETag`. Dapr runs one turn of an actor at a time; the fence also prevents a turn that outlived
//! its sidecar or its host from overwriting a later one. Therefore the document is the function's own state:
//! Dapr's API has no `ETag` for an actor's own state.

use super::reminders::Reminder;
use super::state::StateStore;
use super::{Grpc, ProductDocuments, Sidecar};
use crate::domain::ProductId;
use crate::domain::stock::{Changed, Command, Rejection, Reply, Stock, TurnResult, turn};
use crate::http::product_list;
use crate::observe;
use crate::ports::{Chain, Clock, Documents, Failure, ProductList, Result, Saved, Versioned};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// The actor type. An actor's id is its product's.
pub const ACTOR_TYPE: &str = "stock";

/// The method that accepts a [`Command`].
pub(super) const TURN: &str = "turn";

/// The component that stores the documents, and the list of products.
pub(super) const STORE: &str = "stock-store";

/// The reminder that releases expired reservations.
const SWEEP: &str = "sweep";

/// The timeout of a turn, so that a lost sidecar does not block other turns for long.
const TURN_DEADLINE: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct ActorHost<C> {
    grpc: Grpc,
    stocks: StateStore<Stock>,
    products: ProductDocuments<C>,
    clock: C,
}

/// The routes by which `sidecar` drives the stock actors of this host, and those of the list of products.
pub fn host(sidecar: &Sidecar, clock: impl Clock) -> Router {
    let grpc = sidecar.grpc.clone();
    let (stocks, products) = (StateStore::new(grpc.clone(), STORE), sidecar.products(&clock));
    let list = product_list::routes(products.clone());
    let state = ActorHost { grpc, stocks, products, clock };
    Router::new()
        .route("/dapr/config", get(config))
        .route("/actors/stock/{product_id}", delete(deactivate))
        .route("/actors/stock/{product_id}/method/turn", put(take_turn))
        .route("/actors/stock/{product_id}/method/remind/sweep", put(sweep))
        .with_state(state)
        .merge(list)
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
            tracing::error!(product.id = %product, error = %Chain(&error), "a command to {product} cannot be read");
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
    ) -> std::result::Result<TurnResult, StatusCode> {
        let late = |_| Err(Failure::new(ACTOR_TYPE, "take a turn", "the store is too slow").into());
        let reply = timeout(TURN_DEADLINE, self.turn(product, command)).await.unwrap_or_else(late);
        if let Ok(Err(refusal)) = &reply {
            observe::stock_refused(refusal.name());
        }
        reply.map_err(|error| {
            tracing::error!(product.id = %product, error = %Chain(&error), "a turn of {product} failed");
            StatusCode::INTERNAL_SERVER_ERROR
        })
    }

    /// Runs a turn, and again if the document was written concurrently.
    async fn turn(&self, product: &ProductId, command: &Command) -> Result<TurnResult> {
        loop {
            let (answer, saved) = self.try_turn(product, command).await?;
            if saved == Saved::Written {
                return Ok(answer);
            }
        }
    }

    async fn try_turn(
        &self,
        product: &ProductId,
        command: &Command,
    ) -> Result<(TurnResult, Saved)> {
        let (before, version) = match self.stocks.load(product).await? {
            Some(Versioned { document, version }) => (Some(document), Some(version)),
            None => (None, None),
        };
        let mut stock = before.clone();
        let now = self.clock.now();
        let answer = turn(&mut stock, product, command, now);
        if let Some(at) = stock.as_mut().and_then(|stock| stock.plan_sweep(now)) {
            let delay = at.duration_since(now);
            let (actor_type, actor_id, name) = (ACTOR_TYPE, product.as_str(), SWEEP);
            self.grpc.remind(Reminder { actor_type, actor_id, name, delay, data: vec![] }).await?;
        }
        if before.is_none() && stock.is_some() && !self.products.add(product).await? {
            let rejected = Changed::Rejected(Rejection::TooManyProducts);
            return Ok((Ok(Reply::Changed(rejected)), Saved::Written));
        }
        match stock {
            Some(stock) if before.as_ref() != Some(&stock) => {
                Ok((answer, self.stocks.save(product, &stock, version.as_ref()).await?))
            }
            _ => Ok((answer, Saved::Written)),
        }
    }
}
