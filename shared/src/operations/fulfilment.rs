//! The steps of the saga. Each does its work first and then records it in the order's document, and
//! each is idempotent.

use super::orders::{Noted, OrderLog, Pause};
use crate::domain::money::MoneyError;
use crate::domain::order::Progress;
use crate::domain::payment::Charge;
use crate::domain::placing::{Item, PlacedOrder, add};
use crate::domain::saga::{Cause, Outcome, Step};
use crate::domain::stock::Reserve;
use crate::domain::{Money, OrderId, Refusal};
use crate::ports::{Failure, PaymentClient, Result, Shipping, Stocks};
use futures::stream::{self, StreamExt};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::time::Instant;

/// After this long, one attempt at `reserve` returns the part that it has reserved: well within
/// the timeout of an activity, the last product's turn (5 s) and the order log included.
const PART: Duration = Duration::from_secs(4);

/// Products of one order that are handled concurrently, where their order does not matter.
const AT_ONCE: usize = 8;

/// The dependencies of the steps of the saga.
#[derive(Debug, Clone)]
pub struct Fulfilment<L, S, P, C> {
    /// The log of orders and their progress.
    pub log: L,
    /// The stock of every product.
    pub stocks: S,
    /// The payments.
    pub payments: P,
    /// The carrier.
    pub shipping: C,
    /// How long products are reserved for an order that is not shipped.
    pub reservation_ttl: SignedDuration,
}

/// How much of an order is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reserved {
    /// Every product.
    All {
        /// Their total.
        total: Money,
    },
    /// Some products; the next attempt continues from there.
    Part(Part),
}

/// The products of an order that are reserved already, in the order of their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Their number.
    pub products: usize,
    /// Their total.
    pub sum: Option<Money>,
}

impl<L: OrderLog, S: Stocks, P: PaymentClient, C: Shipping> Fulfilment<L, S, P, C> {
    /// Creates the order's document; returns how the order ended, if it has.
    ///
    /// # Errors
    /// Failed: when the order log cannot be reached.
    pub async fn create(&self, order: &PlacedOrder) -> Result<Noted<Option<Outcome>>> {
        self.log.open(order).await
    }

    /// Reserves the products that `part` does not contain yet, in the order of their ids: of two
    /// orders for the same products, one gets the first of them and then all.
    ///
    /// # Errors
    /// Refused: `cancel-requested`, as [`Stocks::reserve`], `mixed-currencies`, `total-too-large`, `total-too-small`,
    /// `currency-not-taken`. Failed: when the stock or the order log cannot be reached, or a product
    /// has no room for one more reservation. Some products may be reserved in any case.
    pub async fn reserve(&self, id: &OrderId, part: Part) -> Result<Noted<Reserved>> {
        let order = self.log.proceed(id).await?;
        match self.reserve_on(&order.document.placed, part).await? {
            Reserved::All { total } => {
                let noted = self.log.note_on(order, &Progress::Reserved { total }).await?;
                Ok(noted.map(|()| Reserved::All { total }))
            }
            part @ Reserved::Part(_) => Ok(Noted { value: part, published: true }),
        }
    }

    async fn reserve_on(&self, order: &PlacedOrder, mut part: Part) -> Result<Reserved> {
        let began = Instant::now();
        if part.products == 0 {
            self.check_least(order).await?;
        }
        for item in by_product(order).into_iter().skip(part.products) {
            if began.elapsed() > PART {
                return Ok(Reserved::Part(part));
            }
            part.sum = Some(self.reserve_item(order, item, part.sum).await?);
            part.products += 1;
        }
        // Every accepted order has an item; what is stored is read by wider bounds.
        let empty = || Failure::new("the order", "add up", "it has no items");
        let total = part.sum.ok_or_else(empty)?;
        total.payable()?;
        Ok(Reserved::All { total })
    }

    /// Refuses an order that costs less than the smallest payment, before anything is reserved for it. The
    /// prices that the customer saw are those that are charged; the others are read until the sum is
    /// large enough, which the first one nearly always is.
    async fn check_least(&self, order: &PlacedOrder) -> Result<()> {
        let mut sum = None;
        for item in by_product(order) {
            let price = match item.unit_price {
                Some(price) => price,
                None => self.stocks.check(&item.product_id).await?.unit_price,
            };
            // What cannot be added up is refused when it is reserved.
            let Ok(more) = add(sum, price, item.quantity) else { return Ok(()) };
            if more.amount() > 0 && more.payable().is_ok() {
                return Ok(());
            }
            sum = Some(more);
        }
        Ok(sum.map_or(Ok(()), Money::payable)?)
    }

    /// Reserves one product and adds its cost to `sum`.
    async fn reserve_item(
        &self,
        order: &PlacedOrder,
        item: &Item,
        sum: Option<Money>,
    ) -> Result<Money> {
        let request = Reserve {
            order_id: order.order_id.clone(),
            quantity: item.quantity,
            seen_price: item.unit_price,
            hold_for: self.reservation_ttl,
        };
        let held = self.stocks.reserve(&item.product_id, &request).await?;
        Ok(add(sum, held.unit_price, held.quantity).map_err(refused_total)?)
    }

    /// Charges `total`, unless it is zero.
    ///
    /// # Errors
    /// As [`PaymentClient::charge`]; refused, too: `cancel-requested`; failed, too: when the order log
    /// cannot be reached.
    pub async fn pay(&self, id: &OrderId, total: Money) -> Result<Noted<()>> {
        if total.amount() == 0 {
            return Ok(Noted { value: (), published: true });
        }
        let order = self.log.proceed(id).await?;
        let payment_method = order.document.placed.order.payment_method.clone();
        let charge = Charge { order_id: id.clone(), amount: total, payment_method };
        let payment_id = self.payments.charge(&charge).await?;
        self.log.note_on(order, &Progress::Paid { payment_id }).await
    }

    /// Commits the reservations, then books the shipment.
    ///
    /// # Errors
    /// Refused: `cancel-requested`, `reservation-expired`, `country-not-served`, `shipment-cancelled`.
    /// Failed: when the stock, the carrier or the order log cannot be reached.
    pub async fn ship(&self, id: &OrderId) -> Result<Noted<()>> {
        let order = self.log.proceed(id).await?;
        let placed = &order.document.placed;
        each(placed, |item| async move { self.stocks.commit(&item.product_id, id).await }).await?;
        let tracking_id = self.shipping.book(id, &placed.order.ship_to).await?;
        self.log.note_on(order, &Progress::Shipped { tracking_id }).await
    }

    /// Settles the stock and marks the order completed.
    ///
    /// # Errors
    /// Failed: when the stock or the order log cannot be reached.
    pub async fn complete(&self, id: &OrderId) -> Result<Noted<()>> {
        let order = self.log.read(id).await?;
        let placed = &order.document.placed;
        each(placed, |item| async move { self.stocks.settle(&item.product_id, id).await }).await?;
        self.log.note_on(order, &Progress::Ended(Outcome::Fulfilled)).await
    }

    /// Cancels the shipment, because of `cause`.
    ///
    /// # Errors
    /// Failed: when the carrier or the order log cannot be reached.
    pub async fn cancel_shipment(&self, id: &OrderId, cause: Cause) -> Result<Noted<()>> {
        let order = self.log.begin_undo(id, cause).await?;
        self.shipping.cancel(id).await?;
        self.log.note(&order, &Progress::Undone(Step::CancelShipment)).await
    }

    /// Refunds the payment, because of `cause`.
    ///
    /// # Errors
    /// Failed: when the payments or the order log cannot be reached.
    pub async fn refund_payment(&self, id: &OrderId, cause: Cause) -> Result<Noted<()>> {
        let order = self.log.begin_undo(id, cause).await?;
        let refunded = self.payments.void(id).await?;
        self.log.note(&order, &Progress::PaymentUndone { refunded }).await
    }

    /// Releases every product of the order, reserved or committed, because of `cause`.
    ///
    /// # Errors
    /// Failed: when the stock or the order log cannot be reached.
    pub async fn release_stock(&self, id: &OrderId, cause: Cause) -> Result<Noted<()>> {
        let order = self.log.begin_undo(id, cause).await?;
        each(&order, |item| async move { self.stocks.release(&item.product_id, id).await }).await?;
        self.log.note(&order, &Progress::Undone(Step::ReleaseStock)).await
    }

    /// Records how the order ended.
    ///
    /// # Errors
    /// Failed: when the order log cannot be reached.
    pub async fn close(&self, order: &PlacedOrder, outcome: Outcome) -> Result<Noted<()>> {
        self.log.note(order, &Progress::Ended(outcome)).await
    }

    /// Notes that a try of `step` failed, which is repeated after `pause`.
    ///
    /// # Errors
    /// Failed: when the order log cannot be reached.
    pub async fn note_failed_try(&self, id: &OrderId, step: Step, pause: Pause) -> Result<()> {
        self.log.note_failed_try(id, step, pause).await
    }

    /// Publishes what the order's document says of `steps`.
    ///
    /// # Errors
    /// Failed: when the order log or the broker cannot be reached.
    pub async fn publish(&self, id: &OrderId, steps: &[Step]) -> Result<Noted<()>> {
        self.log.publish(id, steps).await?;
        Ok(Noted { value: (), published: true })
    }
}

/// The items of an order, by the ids of their products.
fn by_product(order: &PlacedOrder) -> Vec<&Item> {
    let mut items: Vec<_> = order.order.items.iter().collect();
    items.sort_by(|one, other| one.product_id.cmp(&other.product_id));
    items
}

/// Does `work` for every item of an order, some concurrently. A failure does not stop the
/// others.
async fn each<'a, F: Future<Output = Result<()>> + Send + 'a>(
    order: &'a PlacedOrder,
    work: impl Fn(&'a Item) -> F,
) -> Result<()> {
    let work: Vec<_> = order.order.items.iter().map(work).collect();
    let done: Vec<_> = stream::iter(work).buffer_unordered(AT_ONCE).collect().await;
    done.into_iter().collect()
}

fn refused_total(error: MoneyError) -> Refusal {
    match error {
        MoneyError::MixedCurrencies => Refusal::MixedCurrencies,
        MoneyError::OutOfBounds | MoneyError::NotACurrency | MoneyError::NotTaken => {
            Refusal::TotalTooLarge
        }
    }
}

#[cfg(test)]
mod tests;
