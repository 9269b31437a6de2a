//! The stock actors, seen by a caller.

use super::Grpc;
use super::actor::{ACTOR_TYPE, TURN};
use crate::domain::stock::{Command, Held, Level, Offer, Reply, Reserve};
use crate::domain::{OrderId, ProductId, Refusal};
use crate::ports::{Error, Failure, OrFail, Result, Stocks};
use dapr::dapr::proto::runtime::v1::InvokeActorRequest;
use std::collections::HashMap;

/// One actor per product.
#[derive(Debug, Clone)]
pub struct ActorStocks(pub(super) Grpc);

impl ActorStocks {
    async fn tell(&self, product: &ProductId, command: Command) -> Result<Reply> {
        const TELL: &str = "take a command";
        let request = InvokeActorRequest {
            actor_type: ACTOR_TYPE.to_owned(),
            actor_id: product.to_string(),
            method: TURN.to_owned(),
            data: serde_json::to_vec(&command).or_fail(ACTOR_TYPE, TELL)?,
            metadata: HashMap::default(),
        };
        let reply = self.0.dapr().invoke_actor(request).await.or_fail(ACTOR_TYPE, TELL)?;
        let reply: std::result::Result<Reply, Refusal> =
            serde_json::from_slice(&reply.into_inner().data).or_fail(ACTOR_TYPE, TELL)?;
        Ok(reply?)
    }

    async fn done(&self, product: &ProductId, command: Command) -> Result<()> {
        self.tell(product, command).await.map(|_| ())
    }
}

impl Stocks for ActorStocks {
    async fn set(&self, product: &ProductId, offer: &Offer) -> Result<Level> {
        level(self.tell(product, Command::Set(offer.clone())).await?)
    }

    async fn check(&self, product: &ProductId) -> Result<Level> {
        level(self.tell(product, Command::Check).await?)
    }

    async fn reserve(&self, product: &ProductId, ask: &Reserve) -> Result<Held> {
        let reply = self.tell(product, Command::Reserve(ask.clone())).await?;
        if let Reply::Held(held) = reply { Ok(held) } else { Err(unexpected(&reply)) }
    }

    async fn commit(&self, product: &ProductId, order: &OrderId) -> Result<()> {
        self.done(product, Command::Commit(order.clone())).await
    }

    async fn release(&self, product: &ProductId, order: &OrderId) -> Result<()> {
        self.done(product, Command::Release(order.clone())).await
    }

    async fn withdraw(&self, product: &ProductId, order: &OrderId) -> Result<Level> {
        level(self.tell(product, Command::Withdraw(order.clone())).await?)
    }

    async fn settle(&self, product: &ProductId, order: &OrderId) -> Result<()> {
        self.done(product, Command::Settle(order.clone())).await
    }
}

fn level(reply: Reply) -> Result<Level> {
    if let Reply::Level(level) = reply { Ok(level) } else { Err(unexpected(&reply)) }
}

fn unexpected(reply: &Reply) -> Error {
    Failure::new(ACTOR_TYPE, "answer", format!("an answer to something else: {reply:?}")).into()
}
