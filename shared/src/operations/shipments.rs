//! Shipments: booked once, called off for good.

use crate::domain::placing::Address;
use crate::domain::shipment::{ServedCountries, Shipment, ShipmentState};
use crate::domain::{OrderId, Refusal, TrackingId};
use crate::ports::{Documents, Result, document};

/// Books the shipment of an order. Repeated, it answers with the shipment that was booked, even
/// if its country is no longer served.
///
/// # Errors
/// Refused: `country-not-served`, `shipment-cancelled`. Failed: when the store fails.
pub async fn book(
    documents: &impl Documents<OrderId, Shipment>,
    served: &ServedCountries,
    order: &OrderId,
    ship_to: &Address,
) -> Result<TrackingId> {
    if document(documents, order).await?.is_none() {
        served.check(&ship_to.country)?;
    }
    let book = |found: Option<Shipment>| {
        (found.unwrap_or_else(|| Shipment::new(order.clone(), ShipmentState::Booked)), ())
    };
    let (shipment, ()) = documents.update(order, book).await?;
    match shipment.state {
        ShipmentState::Booked => Ok(shipment.tracking_id),
        ShipmentState::Cancelled => Err(Refusal::ShipmentCancelled.into()),
    }
}

/// Calls the shipment of an order off, and sees to it that none will be booked later.
///
/// # Errors
/// Failed: when the store fails.
pub async fn cancel(documents: &impl Documents<OrderId, Shipment>, order: &OrderId) -> Result<()> {
    let cancel = |_| (Shipment::new(order.clone(), ShipmentState::Cancelled), ());
    documents.update(order, cancel).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::Error;
    use crate::testing::fakes::FakeDocuments;
    use crate::testing::orders::placed_order;

    #[tokio::test]
    async fn a_repeated_booking_is_the_same_shipment() {
        let (documents, placed) = (FakeDocuments::default(), placed_order());
        let served = "DE".parse().unwrap();
        let ship_to = &placed.order.ship_to;
        let first = book(&documents, &served, &placed.order_id, ship_to).await.unwrap();
        let elsewhere = "FR".parse().unwrap();
        for served in [served, elsewhere] {
            assert_eq!(book(&documents, &served, &placed.order_id, ship_to).await.unwrap(), first);
        }
    }

    #[tokio::test]
    async fn a_booking_after_its_cancellation_books_nothing() {
        let (documents, placed) = (FakeDocuments::default(), placed_order());
        cancel(&documents, &placed.order_id).await.unwrap();
        let booked =
            book(&documents, &"DE".parse().unwrap(), &placed.order_id, &placed.order.ship_to).await;
        assert!(matches!(booked, Err(Error::Refused(Refusal::ShipmentCancelled))));
    }
}
