//! Shipments: booked once, cancelled for good.

use crate::domain::placing::Address;
use crate::domain::shipment::{Booked, ServedCountries, Shipment, ShipmentState};
use crate::domain::{OrderId, Refusal};
use crate::ports::{Documents, PortFuture, Result, document};

/// The shipments of orders.
pub trait Shipments: Clone + Send + Sync + 'static {
    /// Books the shipment of an order. Repeated, it returns the shipment that was booked, even if its
    /// country is no longer served.
    ///
    /// Refused: `country-not-served`, `shipment-cancelled`. Failed: when the store fails.
    fn book(&self, order: &OrderId, ship_to: &Address) -> impl PortFuture<Booked>;

    /// Cancels the shipment of an order, and prevents a later booking.
    ///
    /// Failed: when the store fails.
    fn cancel(&self, order: &OrderId) -> impl PortFuture<()>;
}

/// Shipments stored as documents.
#[derive(Debug, Clone)]
pub struct ShipmentService<D> {
    /// The documents, by order.
    pub documents: D,
    /// The countries that the shop ships to.
    pub served: ServedCountries,
}

impl<D: Documents<OrderId, Shipment>> Shipments for ShipmentService<D> {
    async fn book(&self, order: &OrderId, ship_to: &Address) -> Result<Booked> {
        let Shipment { tracking_id, state, .. } = match self.served.check(&ship_to.country) {
            Ok(()) => self.booked(order).await?,
            Err(refusal) => document(&self.documents, order).await?.ok_or(refusal)?,
        };
        match state {
            ShipmentState::Booked => Ok(Booked { tracking_id }),
            ShipmentState::Cancelled => Err(Refusal::ShipmentCancelled.into()),
        }
    }

    async fn cancel(&self, order: &OrderId) -> Result<()> {
        let cancel = |_| (Shipment::new(order.clone(), ShipmentState::Cancelled), ());
        self.documents.update(order, cancel).await.map(|_| ())
    }
}

impl<D: Documents<OrderId, Shipment>> ShipmentService<D> {
    /// The shipment of an order, which is booked if there is none. Nearly all are booked once, so this writes first.
    async fn booked(&self, order: &OrderId) -> Result<Shipment> {
        let new = || Shipment::new(order.clone(), ShipmentState::Booked);
        let book = |found: Option<Shipment>| (found.unwrap_or_else(new), ());
        Ok(self.documents.update_from(None, order, book).await?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::FakeDocuments;
    use crate::testing::orders::placed_order;

    async fn book(documents: &FakeDocuments<OrderId, Shipment>, served: &str) -> Result<Booked> {
        let (documents, placed) = (documents.clone(), placed_order());
        let service = ShipmentService { documents, served: served.parse().unwrap() };
        service.book(&placed.order_id, &placed.order.ship_to).await
    }

    #[tokio::test]
    async fn a_repeated_booking_is_the_same_shipment() {
        let documents = FakeDocuments::default();
        let first = book(&documents, "DE").await.unwrap();
        for served in ["DE", "FR"] {
            assert_eq!(book(&documents, served).await.unwrap(), first);
        }
    }
}
