//! Changes that a caller requests: to what the shop offers, and to how much it has.

use super::{Level, Offer, OnHand, Stock};
use crate::domain::text::Text;
use crate::domain::{ProductId, Refusal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of a change, so that repeating it changes nothing.
pub type ChangeId = Text<255>;

/// Puts a product on sale, or changes its offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The offer.
    pub offer: Offer,
    /// The condition under which it is put.
    pub condition: Condition,
    /// The id of the change.
    pub id: ChangeId,
}

/// Adds pieces to the stock, or removes some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjust {
    /// How many more, or fewer if negative.
    pub delta: i64,
    /// The reason, for the log.
    pub reason: Text<200>,
    /// The id of the change.
    pub id: ChangeId,
}

/// What must hold for a product to be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// No condition, which suffices for a product that does not exist.
    Unstated,
    /// The product does not exist.
    Absent,
    /// The product exists.
    Present,
    /// The product is at one of these revisions.
    Revision(Vec<u64>),
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// The product is new.
    Created(Level),
    /// The product existed, and was changed.
    Updated(Level),
    /// Nothing changed, for this reason.
    Rejected(Rejection),
}

/// Why a change was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rejection {
    /// The condition does not hold.
    ConditionFailed,
    /// The product exists, and no condition was stated.
    ConditionMissing,
    /// The id was used for another change.
    IdReused,
    /// The stock would exceed its maximum.
    TooMany,
    /// More products would be on sale than can be listed.
    TooManyProducts,
}

/// A past change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Past {
    id: ChangeId,
    /// A digest of the request.
    what: Uuid,
    created: bool,
    at: Timestamp,
}

impl Past {
    /// How long a change is remembered.
    const FOR: SignedDuration = SignedDuration::from_hours(24);

    /// The most changes that are remembered.
    pub(super) const MOST: usize = 100;
}

/// Puts `product`, which may not exist yet.
pub(super) fn put(
    stock: &mut Option<Stock>,
    product: &ProductId,
    put: &Put,
    now: Timestamp,
) -> Result<Changed, Refusal> {
    let what = digest(&(&put.offer, &put.condition));
    if let Some(answer) = stock.as_ref().and_then(|stock| stock.past(&put.id, what)) {
        return Ok(answer);
    }
    let found = stock.as_ref().map(|stock| stock.revision);
    if let Some(rejection) = put.condition.rejects(found) {
        return Ok(Changed::Rejected(rejection));
    }
    let created = stock.is_none();
    let new = stock.get_or_insert_with(|| Stock::new(product.clone(), put.offer.clone()));
    if !created {
        new.set(put.offer.clone())?;
    }
    Ok(new.remember(put.id.clone(), what, created, now))
}

impl Condition {
    fn rejects(&self, found: Option<u64>) -> Option<Rejection> {
        let holds = match (self, found) {
            (Self::Unstated, Some(_)) => return Some(Rejection::ConditionMissing),
            (Self::Unstated | Self::Absent, None) | (Self::Present, Some(_)) => true,
            (Self::Revision(revisions), Some(found)) => revisions.contains(&found),
            (Self::Absent, Some(_)) | (Self::Present | Self::Revision(_), None) => false,
        };
        (!holds).then_some(Rejection::ConditionFailed)
    }
}

impl Stock {
    /// Adds pieces, or removes some; what is reserved stays.
    ///
    /// # Errors
    /// [`Refusal::BelowReserved`].
    pub fn adjust(&mut self, adjust: &Adjust, now: Timestamp) -> Result<Changed, Refusal> {
        let what = digest(&(adjust.delta, &adjust.reason));
        if let Some(answer) = self.past(&adjust.id, what) {
            return Ok(answer);
        }
        let on_hand = i64::from(self.on_hand).saturating_add(adjust.delta);
        if on_hand > OnHand::MAX.into() {
            return Ok(Changed::Rejected(Rejection::TooMany));
        }
        let below = Refusal::BelowReserved {
            product_id: self.product_id.clone(),
            reserved: self.reserved(),
        };
        let on_hand = OnHand::try_from(on_hand).map_err(|_| below)?;
        self.set(Offer { name: self.name.clone(), unit_price: self.unit_price, on_hand })?;
        Ok(self.remember(adjust.id.clone(), what, false, now))
    }

    /// The earlier result, if the change was made before.
    fn past(&self, id: &ChangeId, what: Uuid) -> Option<Changed> {
        let past = self.changes.iter().find(|past| past.id == *id)?;
        Some(if past.what == what {
            self.changed(past.created)
        } else {
            Changed::Rejected(Rejection::IdReused)
        })
    }

    fn remember(&mut self, id: ChangeId, what: Uuid, created: bool, now: Timestamp) -> Changed {
        self.changes.retain(|past| now.duration_since(past.at) < Past::FOR);
        let surplus = (self.changes.len() + 1).saturating_sub(Past::MOST);
        self.changes.drain(..surplus);
        self.changes.push(Past { id, what, created, at: now });
        self.changed(created)
    }

    fn changed(&self, created: bool) -> Changed {
        if created { Changed::Created(self.level()) } else { Changed::Updated(self.level()) }
    }
}

fn digest(what: &impl Serialize) -> Uuid {
    let what = serde_json::to_vec(what).expect("a change is plain data");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::orders::{at, euro, offer, product, reserve};

    fn text<const MAX: usize>(text: &str) -> Text<MAX> {
        text.to_owned().try_into().unwrap()
    }

    fn ask(on_hand: i64, condition: Condition, id: &str) -> Put {
        Put { offer: offer(euro(500), on_hand), condition, id: text(id) }
    }

    fn adjust(delta: i64, id: &str) -> Adjust {
        Adjust { delta, reason: text("counted"), id: text(id) }
    }

    fn sold(on_hand: i64) -> Option<Stock> {
        let mut stock = None;
        let put = put(&mut stock, &product("lamp"), &ask(on_hand, Condition::Absent, "0"), at(0));
        assert!(matches!(put, Ok(Changed::Created(_))));
        stock
    }

    fn on_hand(changed: &Result<Changed, Refusal>) -> Option<u32> {
        match changed {
            Ok(Changed::Created(level) | Changed::Updated(level)) => Some(level.on_hand),
            Ok(Changed::Rejected(_)) | Err(_) => None,
        }
    }

    #[test]
    fn a_product_is_put_when_its_condition_holds() {
        use Rejection::{ConditionFailed, ConditionMissing};
        let revision = |numbers: &[u64]| Condition::Revision(numbers.to_vec());
        let there = sold(5);
        let now = there.as_ref().unwrap().level().revision;
        for (condition, on_absent, on_present) in [
            (Condition::Unstated, None, Some(ConditionMissing)),
            (Condition::Absent, None, Some(ConditionFailed)),
            (Condition::Present, Some(ConditionFailed), None),
            (revision(&[now]), Some(ConditionFailed), None),
            (revision(&[now + 7, now]), Some(ConditionFailed), None),
            (revision(&[now + 7]), Some(ConditionFailed), Some(ConditionFailed)),
            (revision(&[]), Some(ConditionFailed), Some(ConditionFailed)),
        ] {
            for (mut stock, rejection) in [(None, on_absent), (there.clone(), on_present)] {
                let (before, absent) = (stock.clone(), stock.is_none());
                let ask = ask(9, condition.clone(), "1");
                let changed = put(&mut stock, &product("lamp"), &ask, at(0)).unwrap();
                match changed {
                    Changed::Rejected(why) => assert_eq!((Some(why), stock), (rejection, before)),
                    Changed::Created(_) => assert!(absent && rejection.is_none()),
                    Changed::Updated(_) => assert!(!absent && rejection.is_none()),
                }
            }
        }
    }

    #[test]
    fn a_repeated_change_changes_nothing_even_after_other_changes() {
        let mut stock = sold(10);
        let change = ask(10, Condition::Present, "1");
        put(&mut stock, &product("lamp"), &change, at(0)).unwrap();
        let lamp = stock.as_mut().unwrap();
        lamp.reserve(&reserve("a", 2), at(0)).unwrap();
        lamp.commit(&"a".parse().unwrap()).unwrap();
        lamp.settle(&"a".parse().unwrap());
        let again = put(&mut stock, &product("lamp"), &change, at(1));
        assert_eq!(on_hand(&again), Some(8));
        let made_again = put(&mut stock, &product("lamp"), &ask(10, Condition::Absent, "0"), at(1));
        assert!(matches!(made_again, Ok(Changed::Created(level)) if level.on_hand == 8));

        let lamp = stock.as_mut().unwrap();
        for _ in 0..2 {
            assert_eq!(on_hand(&lamp.adjust(&adjust(-3, "2"), at(1))), Some(5));
        }
        let other = lamp.adjust(&adjust(3, "2"), at(1));
        assert_eq!(other, Ok(Changed::Rejected(Rejection::IdReused)));
    }

    #[test]
    fn stock_is_adjusted_between_what_is_reserved_and_its_maximum() {
        let mut stock = sold(10).unwrap();
        stock.reserve(&reserve("a", 4), at(0)).unwrap();
        let most = i64::from(OnHand::MAX);
        let below = Err(Refusal::BelowReserved { product_id: product("lamp"), reserved: 4 });
        assert_eq!(stock.adjust(&adjust(-7, "1"), at(0)), below);
        assert_eq!(stock.adjust(&adjust(-11, "2"), at(0)), below);
        assert_eq!(stock.adjust(&adjust(i64::MIN, "3"), at(0)), below);
        let too_many = Ok(Changed::Rejected(Rejection::TooMany));
        assert_eq!(stock.adjust(&adjust(most, "4"), at(0)), too_many);
        assert_eq!(stock.adjust(&adjust(i64::MAX, "5"), at(0)), too_many);
        assert_eq!(on_hand(&stock.adjust(&adjust(most - 10, "6"), at(0))), Some(OnHand::MAX));
        assert_eq!(on_hand(&stock.adjust(&adjust(4 - most, "7"), at(0))), Some(4));
    }

    #[test]
    fn the_last_hundred_changes_are_remembered_for_a_day() {
        let mut stock = sold(10).unwrap();
        let day = Past::FOR.as_secs();
        let one = adjust(1, "1");
        stock.adjust(&one, at(0)).unwrap();
        stock.adjust(&adjust(1, "2"), at(day - 1)).unwrap();
        assert_eq!(on_hand(&stock.adjust(&one, at(day - 1))), Some(12));
        stock.adjust(&adjust(1, "3"), at(day)).unwrap();
        assert_eq!(on_hand(&stock.adjust(&one, at(day))), Some(14));

        let mut stock = sold(10).unwrap();
        for number in 1..=Past::MOST {
            stock.adjust(&adjust(1, &number.to_string()), at(0)).unwrap();
        }
        assert_eq!(on_hand(&stock.adjust(&adjust(1, "1"), at(0))), Some(110));
        stock.adjust(&adjust(1, "101"), at(0)).unwrap();
        assert_eq!(on_hand(&stock.adjust(&adjust(1, "1"), at(0))), Some(112));
    }
}
