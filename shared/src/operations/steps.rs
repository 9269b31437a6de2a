//! The steps of the saga, one function each. Each does its work first and then notes it in the
//! order's document, and each is harmless when repeated.

use super::orders::OrderLog;
use crate::domain::money::MoneyError;
use crate::domain::order::{Order, Progress};
use crate::domain::payment::Charge;
use crate::domain::placing::{Item, PlacedOrder, total};
use crate::domain::saga::{Outcome, Step};
use crate::domain::stock::Reserve;
use crate::domain::{Money, OrderId, Refusal};
use crate::ports::{Clock, Documents, Error, PaymentClient, Publisher, Result, Shipping, Stocks};
use jiff::{SignedDuration, Timestamp};

/// Reserves every product of the order for `reservation_ttl` and tells the total, or leaves nothing reserved.
///
/// # Errors
/// Refused: as [`Stocks::reserve`], `mixed-currencies`, `total-too-large`. Failed: when the stock
/// or the order log cannot be reached; some products may be reserved then.
pub async fn reserve<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    stocks: &impl Stocks,
    order: &PlacedOrder,
    reservation_ttl: SignedDuration,
) -> Result<Money> {
    let expires_at = log.after(reservation_ttl);
    match reserve_all(stocks, order, expires_at).await {
        Ok(total) => {
            log.note(order, &Progress::Reserved { total }).await?;
            Ok(total)
        }
        Err(Error::Refused(refusal)) => {
            release_all(stocks, order).await?;
            Err(refusal.into())
        }
        Err(failed) => Err(failed),
    }
}

async fn reserve_all(
    stocks: &impl Stocks,
    order: &PlacedOrder,
    expires_at: Timestamp,
) -> Result<Money> {
    let mut prices = Vec::new();
    for item in &order.order.items {
        let held =
            stocks.reserve(&item.product_id, &reservation_request(order, item, expires_at)).await?;
        prices.push((held.unit_price, held.quantity));
    }
    match total(prices) {
        Ok(total) => Ok(total.expect("an order holds at least one item")),
        Err(MoneyError::MixedCurrencies) => Err(Refusal::MixedCurrencies.into()),
        Err(MoneyError::OutOfBounds | MoneyError::NotACurrency) => {
            Err(Refusal::TotalTooLarge.into())
        }
    }
}

fn reservation_request(order: &PlacedOrder, item: &Item, expires_at: Timestamp) -> Reserve {
    Reserve {
        order_id: order.order_id.clone(),
        quantity: item.quantity,
        seen_price: item.unit_price,
        expires_at,
    }
}

async fn release_all(stocks: &impl Stocks, order: &PlacedOrder) -> Result<()> {
    for item in &order.order.items {
        stocks.release(&item.product_id, &order.order_id).await?;
    }
    Ok(())
}

/// Charges `total`.
///
/// # Errors
/// As [`PaymentClient::charge`], and when the order log cannot be reached.
pub async fn pay<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    payments: &impl PaymentClient,
    order: &PlacedOrder,
    total: Money,
) -> Result<()> {
    let payment_method = order.order.payment_method.clone();
    let charge = Charge { order_id: order.order_id.clone(), amount: total, payment_method };
    let payment_id = payments.charge(&charge).await?;
    log.note(order, &Progress::Paid { payment_id }).await
}

/// Commits the reservations, then books the shipment.
///
/// # Errors
/// Refused: `reservation-expired`, `country-not-served`, `shipment-cancelled`. Failed: when the
/// stock, the carrier or the order log cannot be reached.
pub async fn ship<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    stocks: &impl Stocks,
    shipping: &impl Shipping,
    order: &PlacedOrder,
) -> Result<()> {
    for item in &order.order.items {
        stocks.commit(&item.product_id, &order.order_id).await?;
    }
    let tracking_id = shipping.book(&order.order_id, &order.order.ship_to).await?;
    log.note(order, &Progress::Shipped { tracking_id }).await
}

/// Settles the stock and marks the order completed.
///
/// # Errors
/// Failed: when the stock or the order log cannot be reached.
pub async fn complete<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    stocks: &impl Stocks,
    order: &PlacedOrder,
) -> Result<()> {
    for item in &order.order.items {
        stocks.settle(&item.product_id, &order.order_id).await?;
    }
    log.note(order, &Progress::Ended(Outcome::Fulfilled)).await
}

/// Gives back every product of the order, reserved or committed.
///
/// # Errors
/// Failed: when the stock or the order log cannot be reached.
pub async fn release_stock<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    stocks: &impl Stocks,
    order: &PlacedOrder,
) -> Result<()> {
    release_all(stocks, order).await?;
    log.note(order, &Progress::Undone(Step::ReleaseStock)).await
}

/// Gives the money back.
///
/// # Errors
/// Failed: when the payments or the order log cannot be reached.
pub async fn refund_payment<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    payments: &impl PaymentClient,
    order: &PlacedOrder,
) -> Result<()> {
    payments.void(&order.order_id).await?;
    log.note(order, &Progress::Undone(Step::RefundPayment)).await
}

/// Calls the shipment off.
///
/// # Errors
/// Failed: when the carrier or the order log cannot be reached.
pub async fn cancel_shipment<D: Documents<OrderId, Order>, P: Publisher, C: Clock>(
    log: &OrderLog<D, P, C>,
    shipping: &impl Shipping,
    order: &PlacedOrder,
) -> Result<()> {
    shipping.cancel(&order.order_id).await?;
    log.note(order, &Progress::Undone(Step::CancelShipment)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::{FakeBroker, FakeClock, FakeDocuments, FakeStocks};
    use crate::testing::orders::{at, euro, offer, placed_order, product};

    type FakeOrderLog = OrderLog<FakeDocuments<OrderId, Order>, FakeBroker, FakeClock>;

    async fn shop(bulbs: i64) -> (FakeOrderLog, FakeStocks) {
        let stocks = FakeStocks::default();
        stocks.set(&product("lamp"), &offer(euro(500), 10)).await.unwrap();
        stocks.set(&product("bulb"), &offer(euro(100), bulbs)).await.unwrap();
        (OrderLog::new(FakeDocuments::default(), FakeBroker::default(), FakeClock(at(0))), stocks)
    }

    async fn reserved(stocks: &FakeStocks, name: &str) -> u32 {
        stocks.check(&product(name)).await.unwrap().reserved
    }

    #[tokio::test]
    async fn the_total_is_the_sum_of_the_prices_held() {
        let (log, stocks) = shop(10).await;
        let reservation_ttl = SignedDuration::from_secs(60);
        for _ in 0..2 {
            let total = reserve(&log, &stocks, &placed_order(), reservation_ttl).await.unwrap();
            assert_eq!(total, euro(2 * 500 + 3 * 100));
        }
        assert_eq!((reserved(&stocks, "lamp").await, reserved(&stocks, "bulb").await), (2, 3));
    }

    #[tokio::test]
    async fn when_one_product_is_sold_out_none_stays_reserved() {
        let (log, stocks) = shop(2).await;
        let out = reserve(&log, &stocks, &placed_order(), SignedDuration::from_secs(60)).await;
        assert!(
            matches!(out, Err(Error::Refused(Refusal::OutOfStock { product_id })) if product_id == product("bulb"))
        );
        assert_eq!((reserved(&stocks, "lamp").await, reserved(&stocks, "bulb").await), (0, 0));
    }

    #[tokio::test]
    async fn what_is_completed_has_left_the_shop() {
        let (log, stocks) = shop(10).await;
        let order = placed_order();
        reserve(&log, &stocks, &order, SignedDuration::from_secs(60)).await.unwrap();
        for item in &order.order.items {
            stocks.commit(&item.product_id, &order.order_id).await.unwrap();
        }
        complete(&log, &stocks, &order).await.unwrap();
        complete(&log, &stocks, &order).await.unwrap();
        assert_eq!(stocks.check(&product("lamp")).await.unwrap().on_hand, 8);
        assert_eq!(log.open(&order).await.unwrap(), Some(Outcome::Fulfilled));
    }
}
