//! The stock of every product.

use super::{Error, Failure, PortFuture, Result};
use crate::domain::stock::{
    Adjust, Changed, Command, Held, Level, Put, Reply, Reserve, TurnResult,
};
use crate::domain::{OrderId, ProductId, Refusal};

/// The component named in failures.
const STOCK: &str = "stock";

/// The stock of every product. All calls are idempotent.
pub trait Stocks: Clone + Send + Sync + 'static {
    /// The reply of a product's stock to a command.
    fn send(&self, product: &ProductId, command: Command) -> impl PortFuture<TurnResult>;

    /// Puts a product on sale, or changes its name, price and stock.
    fn put(&self, product: &ProductId, put: &Put) -> impl PortFuture<Changed> {
        let reply = self.send(product, Command::Put(put.clone()));
        async { changed(answer(reply.await?)?) }
    }

    /// Adds pieces to the stock of a product, or removes some.
    fn adjust(&self, product: &ProductId, adjust: &Adjust) -> impl PortFuture<Changed> {
        let reply = self.send(product, Command::Adjust(adjust.clone()));
        async { changed(answer(reply.await?)?) }
    }

    /// The stock of a product.
    fn check(&self, product: &ProductId) -> impl PortFuture<Level> {
        let reply = self.send(product, Command::Check);
        async { level(answer(reply.await?)?) }
    }

    /// Reserves pieces for an order, from now on by the stock's own clock. Fails, to be retried, while the
    /// product's document has no room for another reservation.
    fn reserve(&self, product: &ProductId, ask: &Reserve) -> impl PortFuture<Held> {
        let reply = self.send(product, Command::Reserve(ask.clone()));
        async {
            let reply = answer(reply.await?)?;
            if let Reply::Held(held) = reply { Ok(held) } else { Err(unexpected(&reply)) }
        }
    }

    /// Commits a reservation, which then does not expire. An expired one is reserved again, if the pieces
    /// are available at its price.
    fn commit(&self, product: &ProductId, order: &OrderId) -> impl PortFuture<()> {
        let reply = self.send(product, Command::Commit(order.clone()));
        async { answer(reply.await?).map(|_| ()) }
    }

    /// Releases the reservation, if any, and ensures that nothing will be committed later.
    fn release(&self, product: &ProductId, order: &OrderId) -> impl PortFuture<()> {
        let reply = self.send(product, Command::Release(order.clone()));
        async { answer(reply.await?).map(|_| ()) }
    }

    /// Releases the reservation, if any, unless it is committed, and returns the stock level.
    fn withdraw(&self, product: &ProductId, order: &OrderId) -> impl PortFuture<Level> {
        let reply = self.send(product, Command::Withdraw(order.clone()));
        async { level(answer(reply.await?)?) }
    }

    /// Removes what is committed from the stock.
    fn settle(&self, product: &ProductId, order: &OrderId) -> impl PortFuture<()> {
        let reply = self.send(product, Command::Settle(order.clone()));
        async { answer(reply.await?).map(|_| ()) }
    }
}

/// The reply, or why there is none. A product that has no room for another reservation has room again
/// when others end, so that is a failure, which is retried.
fn answer(reply: TurnResult) -> Result<Reply> {
    match reply {
        Err(full @ Refusal::TooManyReservations { .. }) => {
            Err(Failure::new(STOCK, "hold more reservations", full).into())
        }
        reply => Ok(reply?),
    }
}

fn level(reply: Reply) -> Result<Level> {
    if let Reply::Level(level) = reply { Ok(level) } else { Err(unexpected(&reply)) }
}

fn changed(reply: Reply) -> Result<Changed> {
    if let Reply::Changed(changed) = reply { Ok(changed) } else { Err(unexpected(&reply)) }
}

fn unexpected(reply: &Reply) -> Error {
    Failure::new(STOCK, "answer", format!("an unexpected reply: {reply:?}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::stock::Stock;
    use crate::testing::fakes::FakeStocks;
    use crate::testing::orders::{euro, offer, product, reserve};

    #[tokio::test]
    async fn an_order_beyond_those_that_a_document_can_carry_waits_for_one_to_end() {
        let (stocks, lamp) = (FakeStocks::default(), product("lamp"));
        stocks.set(&lamp, &offer(euro(500), 9_000)).await.unwrap();
        let ask = |number: usize| reserve(&format!("order-{number}"), 1);
        for number in 0..Stock::MAX_OPEN {
            stocks.reserve(&lamp, &ask(number)).await.unwrap();
        }
        let one_more = ask(Stock::MAX_OPEN);
        assert!(matches!(stocks.reserve(&lamp, &one_more).await, Err(Error::Failed(_))));
        stocks.release(&lamp, &ask(0).order_id).await.unwrap();
        stocks.reserve(&lamp, &one_more).await.unwrap();
    }
}
