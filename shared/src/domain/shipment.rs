//! The shipment of an order.

use super::text::Country;
use super::{OrderId, Refusal, TrackingId};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The shipment of one order, booked or cancelled. Cancelling is final, so that a booking that
/// arrives late books nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipment {
    /// The order that it belongs to, and the key of this document.
    pub order_id: OrderId,
    /// The carrier's id.
    pub tracking_id: TrackingId,
    /// Booked or cancelled.
    pub state: ShipmentState,
}

/// Whether a shipment is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShipmentState {
    /// It is booked.
    Booked,
    /// It is cancelled.
    Cancelled,
}

impl Shipment {
    /// The shipment of `order` in `state`.
    #[must_use]
    pub fn new(order_id: OrderId, state: ShipmentState) -> Self {
        Self { tracking_id: TrackingId::of(&order_id), order_id, state }
    }
}

/// The response to a booking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booked {
    /// The carrier's id of the shipment.
    pub tracking_id: TrackingId,
}

/// The countries that the shop ships to: ISO 3166-1 codes separated by commas, such as `DE,FR`.
#[derive(Debug, Clone)]
pub struct ServedCountries(Vec<Country>);

impl ServedCountries {
    /// Checks that the shop ships to `country`.
    ///
    /// # Errors
    /// [`Refusal::CountryNotServed`].
    pub fn check(&self, country: &Country) -> Result<(), Refusal> {
        if self.0.contains(country) {
            Ok(())
        } else {
            Err(Refusal::CountryNotServed { country: country.as_str().to_owned() })
        }
    }
}

impl FromStr for ServedCountries {
    type Err = super::text::NotACountry;

    fn from_str(codes: &str) -> Result<Self, Self::Err> {
        codes
            .split(',')
            .map(|code| code.trim().to_owned().try_into())
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_listed_countries_are_served() {
        let served: ServedCountries = "DE, FR".parse().unwrap();
        let country = |code: &str| Country::try_from(code.to_owned()).unwrap();
        assert_eq!(served.check(&country("FR")), Ok(()));
        assert_eq!(
            served.check(&country("AQ")),
            Err(Refusal::CountryNotServed { country: "AQ".into() })
        );
        assert!("DE,xx".parse::<ServedCountries>().is_err());
    }
}
