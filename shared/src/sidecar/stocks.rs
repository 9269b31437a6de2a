//! The stock actors, seen by a caller.

use super::Grpc;
use super::actor::{ACTOR_TYPE, TURN};
use crate::domain::ProductId;
use crate::domain::stock::{Command, TurnResult};
use crate::ports::{OrFail, Result, Stocks};
use dapr::dapr::proto::runtime::v1::InvokeActorRequest;
use std::collections::HashMap;

/// One actor per product.
#[derive(Debug, Clone)]
pub struct ActorStocks(pub(super) Grpc);

impl Stocks for ActorStocks {
    async fn send(&self, product: &ProductId, command: Command) -> Result<TurnResult> {
        const SEND: &str = "take a command";
        let request = InvokeActorRequest {
            actor_type: ACTOR_TYPE.to_owned(),
            actor_id: product.to_string(),
            method: TURN.to_owned(),
            data: serde_json::to_vec(&command).or_fail(ACTOR_TYPE, SEND)?,
            metadata: HashMap::default(),
        };
        let reply = self.0.dapr().invoke_actor(request).await.or_fail(ACTOR_TYPE, SEND)?;
        Ok(serde_json::from_slice(&reply.into_inner().data).or_fail(ACTOR_TYPE, SEND)?)
    }
}
