//! Callers and their permissions.

use super::CustomerId;
use std::fmt;
use std::str::FromStr;
use strum::{EnumIter, EnumString, IntoStaticStr};
use uuid::Uuid;

/// Customers who are known by a token.
const SUBJECTS: Uuid = Uuid::from_u128(0x2f1b_8d53_6a97_5c04_91e8_3bd7_a05f_cc72);

/// A permission of a caller. An administrator's includes the plain one of the same name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, EnumString, IntoStaticStr,
)]
pub enum Scope {
    /// Place orders and read their own.
    #[strum(serialize = "orders")]
    Orders,
    /// Place orders for others, and read and resume those of others.
    #[strum(serialize = "orders.admin")]
    OrdersAdmin,
    /// Read products and their stock.
    #[strum(serialize = "inventory")]
    Inventory,
    /// Change products, their stock and its reservations.
    #[strum(serialize = "inventory.admin")]
    InventoryAdmin,
    /// Make and refund payments directly.
    #[strum(serialize = "payments.admin")]
    PaymentsAdmin,
}

impl Scope {
    /// The scope as tokens name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The scope that includes this one.
    fn of_administrators(self) -> Self {
        match self {
            Self::Orders | Self::OrdersAdmin => Self::OrdersAdmin,
            Self::Inventory | Self::InventoryAdmin => Self::InventoryAdmin,
            Self::PaymentsAdmin => Self::PaymentsAdmin,
        }
    }
}

/// A caller whose token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The customer that the caller is.
    pub customer_id: CustomerId,
    /// The permissions.
    pub scopes: Vec<Scope>,
}

impl Caller {
    /// Whether the caller has `scope`.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|held| *held == scope || *held == scope.of_administrators())
    }

    /// Whether the caller may see what belongs to `customer`.
    #[must_use]
    pub fn may_see(&self, customer: &CustomerId) -> bool {
        self.customer_id == *customer || self.may(Scope::OrdersAdmin)
    }
}

impl CustomerId {
    /// The customer whom `issuer` calls `subject`: the same for the same pair (`UUIDv5`,
    /// [RFC 9562 §5.5](https://www.rfc-editor.org/rfc/rfc9562#section-5.5)). A subject is not an id by
    /// itself: its case matters, and it may be long.
    #[must_use]
    pub fn of_subject(issuer: &str, subject: &str) -> Self {
        // An issuer is a URL, which contains no line break.
        Uuid::new_v5(&SUBJECTS, format!("{issuer}\n{subject}").as_bytes()).into()
    }
}

/// A text that is not a caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a customer's id and scopes")]
pub struct NotACaller;

/// The customer's id, then each scope, separated by spaces.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.customer_id)?;
        self.scopes.iter().try_for_each(|scope| write!(f, " {}", scope.name()))
    }
}

impl FromStr for Caller {
    type Err = NotACaller;

    /// Scopes of a later version are left out.
    fn from_str(text: &str) -> Result<Self, NotACaller> {
        let mut words = text.split(' ');
        let customer_id = words.next().and_then(|id| id.parse().ok()).ok_or(NotACaller)?;
        Ok(Self { customer_id, scopes: words.filter_map(|scope| scope.parse().ok()).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator;

    fn caller(scopes: &[Scope]) -> Caller {
        Caller { customer_id: "ann".parse().unwrap(), scopes: scopes.to_vec() }
    }

    #[test]
    fn a_caller_is_read_as_it_was_written() {
        let all: Vec<_> = Scope::iter().collect();
        for scopes in [&all[..], &all[..1], &[]] {
            assert_eq!(caller(scopes).to_string().parse(), Ok(caller(scopes)));
        }
        assert_eq!("ann orders moon.admin".parse(), Ok(caller(&[Scope::Orders])));
        for text in ["", " orders", "Ann orders"] {
            assert_eq!(text.parse::<Caller>(), Err(NotACaller), "{text:?}");
        }
    }

    #[test]
    fn an_administrator_scope_includes_its_plain_scope_and_no_other() {
        let admin = caller(&[Scope::OrdersAdmin]);
        assert!(admin.may(Scope::Orders) && admin.may(Scope::OrdersAdmin));
        assert!(!admin.may(Scope::Inventory) && !caller(&[Scope::Orders]).may(Scope::OrdersAdmin));
        let (ann, bob) = ("ann".parse().unwrap(), "bob".parse().unwrap());
        assert!(admin.may_see(&bob));
        let customer = caller(&[Scope::Orders]);
        assert!(customer.may_see(&ann) && !customer.may_see(&bob));
    }

    #[test]
    fn a_subject_is_a_customer_of_its_issuer_alone() {
        let of = |issuer, subject| CustomerId::of_subject(issuer, subject);
        assert_eq!(of("https://a.example", "Ann"), of("https://a.example", "Ann"));
        assert_ne!(of("https://a.example", "Ann"), of("https://a.example", "ann"));
        assert_ne!(of("https://a.example", "Ann"), of("https://b.example", "Ann"));
    }
}
