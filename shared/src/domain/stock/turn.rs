//! One turn of a product's actor: a command, and its effect on the stock.

use super::changes::put;
use super::{Adjust, Changed, Held, Level, Put, Reserve, Stock};
use crate::domain::{OrderId, ProductId, Refusal};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A command to the actor of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Put the product on sale, or change its name, price and stock.
    Put(Put),
    /// Add pieces, or remove some.
    Adjust(Adjust),
    /// Return the stock level.
    Check,
    /// Reserve pieces for an order.
    Reserve(Reserve),
    /// Commit the reservation of an order, or renew it.
    Commit(OrderId),
    /// Release the reservation of an order.
    Release(OrderId),
    /// Release the reservation of an order, unless it is committed.
    Withdraw(OrderId),
    /// Remove what is committed for an order from the stock.
    Settle(OrderId),
    /// Release what has expired, on the actor's reminder.
    Sweep,
}

/// The reply of the actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The stock level.
    Level(Level),
    /// The reservation.
    Held(Held),
    /// The result of a change.
    Changed(Changed),
    /// Done, perhaps by an earlier command.
    Done,
}

/// A reply, or why the command is refused.
pub type TurnResult = Result<Reply, Refusal>;

/// Executes `command` on the stock of `product` at `now`.
///
/// # Errors
/// [`Refusal`], when the command is refused.
pub fn turn(
    stock: &mut Option<Stock>,
    product: &ProductId,
    command: &Command,
    now: Timestamp,
) -> TurnResult {
    if let Some(stock) = stock {
        stock.expire(now);
    }
    if let Command::Put(change) = command {
        return put(stock, product, change, now).map(Reply::Changed);
    }
    match stock {
        Some(stock) => execute(stock, command, now),
        None => none_there(product, command),
    }
}

fn none_there(product: &ProductId, command: &Command) -> TurnResult {
    match command {
        Command::Release(_) | Command::Settle(_) | Command::Sweep => Ok(Reply::Done),
        Command::Put(_)
        | Command::Adjust(_)
        | Command::Check
        | Command::Reserve(_)
        | Command::Withdraw(_)
        | Command::Commit(_) => Err(Refusal::UnknownProduct { product_id: product.clone() }),
    }
}

fn execute(stock: &mut Stock, command: &Command, now: Timestamp) -> TurnResult {
    match command {
        Command::Adjust(adjust) => return stock.adjust(adjust, now).map(Reply::Changed),
        Command::Put(_) | Command::Check => {}
        Command::Withdraw(order) => stock.withdraw(order)?,
        Command::Reserve(ask) => return stock.reserve(ask, now).map(Reply::Held),
        Command::Commit(order) => return stock.commit(order).map(|()| Reply::Done),
        Command::Release(order) => return Ok(done(|| stock.release(order))),
        Command::Settle(order) => return Ok(done(|| stock.settle(order))),
        Command::Sweep => return Ok(done(|| stock.swept())),
    }
    Ok(Reply::Level(stock.level()))
}

fn done(act: impl FnOnce()) -> Reply {
    act();
    Reply::Done
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::{at, euro, offer, placed_order, product, put_on_sale};
    use jiff::SignedDuration;

    fn reserve(quantity: i64, seconds: i64) -> Command {
        let quantity = quantity.try_into().unwrap();
        let order_id = placed_order().order_id;
        Command::Reserve(Reserve {
            order_id,
            quantity,
            seen_price: None,
            hold_for: SignedDuration::from_secs(seconds),
        })
    }

    #[test]
    fn a_product_is_unknown_until_it_is_set() {
        let (mut stock, lamp) = (None, product("lamp"));
        let unknown = Err(Refusal::UnknownProduct { product_id: lamp.clone() });
        assert_eq!(turn(&mut stock, &lamp, &Command::Check, at(0)), unknown);
        assert_eq!(turn(&mut stock, &lamp, &reserve(1, 9), at(0)), unknown);
        let set = turn(&mut stock, &lamp, &Command::Put(put_on_sale(offer(euro(500), 10))), at(0));
        assert!(matches!(set, Ok(Reply::Changed(Changed::Created(Level { on_hand: 10, .. })))));
    }

    #[test]
    fn releasing_an_unknown_product_changes_nothing() {
        let order = placed_order().order_id;
        let mut stock = None;
        let released = turn(&mut stock, &product("lamp"), &Command::Release(order), at(0));
        assert_eq!((released, stock), (Ok(Reply::Done), None));
    }

    #[test]
    fn every_turn_releases_what_has_expired() {
        let (mut stock, lamp) = (None, product("lamp"));
        turn(&mut stock, &lamp, &Command::Put(put_on_sale(offer(euro(500), 10))), at(0)).unwrap();
        turn(&mut stock, &lamp, &reserve(4, 60), at(0)).unwrap();
        let reserved =
            |stock: &mut Option<Stock>, now| match turn(stock, &lamp, &Command::Check, now) {
                Ok(Reply::Level(level)) => level.reserved,
                other => panic!("{other:?}"),
            };
        assert_eq!(reserved(&mut stock, at(59)), 4);
        assert_eq!(reserved(&mut stock, at(60)), 0);
    }
}
