//! What the shop offers of a product.

use crate::domain::money::{NewMoney, asked};
use crate::domain::text::Text;
use crate::domain::{Money, strict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product as the shop offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The name that customers see.
    pub name: Text<200>,
    /// The price of one piece.
    pub unit_price: Money,
    /// Pieces on hand, reserved ones included.
    pub on_hand: OnHand,
}

/// An offer as a caller sends it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOffer {
    /// The name that customers see.
    #[serde(deserialize_with = "strict::text")]
    pub name: Text<200>,
    /// The price of one piece, in a currency that the shop accepts.
    #[serde(deserialize_with = "asked")]
    #[schemars(with = "NewMoney")]
    pub unit_price: Money,
    /// Pieces on hand, reserved ones included.
    #[serde(deserialize_with = "strict::number")]
    pub on_hand: OnHand,
}

impl From<NewOffer> for Offer {
    fn from(offer: NewOffer) -> Self {
        let NewOffer { name, unit_price, on_hand } = offer;
        Self { name, unit_price, on_hand }
    }
}

/// Pieces on hand, 0 to [`OnHand::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(into = "i64")]
#[schemars(inline, try_from = "i64", extend("minimum" = 0, "maximum" = OnHand::MAX))]
pub struct OnHand(u32);

/// A stock out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be between 0 and {}", OnHand::MAX)]
pub struct NotOnHand;

impl OnHand {
    /// The most pieces of one product.
    pub const MAX: u32 = 1_000_000_000;

    /// The number of pieces.
    #[must_use]
    pub fn pieces(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for OnHand {
    type Error = NotOnHand;

    fn try_from(pieces: i64) -> Result<Self, NotOnHand> {
        match u32::try_from(pieces) {
            Ok(pieces) if pieces <= Self::MAX => Ok(Self(pieces)),
            _ => Err(NotOnHand),
        }
    }
}

impl From<OnHand> for i64 {
    fn from(on_hand: OnHand) -> Self {
        on_hand.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_on_hand_is_0_to_a_billion() {
        for pieces in [0, 1, 1_000_000_000] {
            let on_hand = OnHand::try_from(pieces).unwrap();
            assert_eq!(i64::from(on_hand), pieces);
            assert_eq!(i64::from(on_hand.pieces()), pieces);
        }
        for pieces in [-1, 1_000_000_001, i64::from(u32::MAX), i64::MAX, i64::MIN] {
            assert_eq!(OnHand::try_from(pieces), Err(NotOnHand));
        }
    }
}
