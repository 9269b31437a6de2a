//! What is measured: the subjects, and which of them are compared.

use crate::ceiling;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that is done again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// An order through the gateway, until it has completed.
    Order,
    /// The same, all of them of one product.
    OneProduct,
    /// An order through the gateway, until it is accepted.
    Accept,
    /// A workflow of that many activities that do nothing, until it has ended.
    Chain(u8),
    /// The start of a workflow that does nothing.
    Start,
    /// An order's document, through the gateway.
    GetOrder,
    /// A product, through the gateway.
    GetProduct,
    /// A route that answers at once, through two sidecars.
    Invocation,
    /// A call of an actor that does nothing, through its sidecar.
    Actor,
    /// The same route, called directly.
    Axum,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order => f.write_str("order"),
            Self::OneProduct => f.write_str("order, all of one product"),
            Self::Accept => f.write_str("order, until accepted"),
            Self::Chain(activities) => {
                write!(f, "E{activities}: no-op workflow, {activities} activities")
            }
            Self::Start => f.write_str("start of a no-op workflow"),
            Self::GetOrder => f.write_str("GET of an order"),
            Self::GetProduct => f.write_str("GET of a product"),
            Self::Invocation => f.write_str("invocation of a bare route"),
            Self::Actor => f.write_str("call of a no-op actor"),
            Self::Axum => f.write_str("bare route"),
        }
    }
}

impl Subject {
    /// What it is compared with, if it is.
    #[must_use]
    pub fn reference(self) -> Option<Self> {
        match self {
            Self::Order | Self::Chain(0..5) => Some(Self::Chain(5)),
            Self::OneProduct => Some(Self::Order),
            Self::Accept => Some(Self::Start),
            Self::GetOrder | Self::GetProduct | Self::Actor | Self::Axum => Some(Self::Invocation),
            Self::Chain(_) | Self::Start | Self::Invocation => None,
        }
    }

    /// Whether the shop does it; otherwise the ceilings do.
    #[must_use]
    pub fn is_of_shop(self) -> bool {
        self.makes_orders() || matches!(self, Self::GetOrder | Self::GetProduct)
    }

    /// Whether a process has a share in it, by the process's name.
    #[must_use]
    pub fn uses(self, process: &str) -> bool {
        let common = ["placement", "redis", "scheduler"].contains(&process);
        let is_ceiling = process.starts_with(ceiling::NAME);
        let invokes = self == Self::Invocation && process == "gateway.daprd";
        common || invokes || self.is_of_shop() != is_ceiling
    }

    /// Whether it takes more than the answer to a request.
    #[must_use]
    pub fn lasts(self) -> bool {
        self.makes_orders() || matches!(self, Self::Chain(_) | Self::Start)
    }

    /// Whether it makes orders, which go on after it.
    #[must_use]
    pub fn makes_orders(self) -> bool {
        matches!(self, Self::Order | Self::OneProduct | Self::Accept)
    }
}

/// A subject, at some concurrency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Load {
    /// What is done.
    pub subject: Subject,
    /// How many are done concurrently, each followed by the next (a closed loop).
    pub at_once: u16,
    /// Whether it is there a second time, to show the noise.
    pub again: bool,
}

impl Load {
    /// `subject`, `at_once` times concurrently.
    #[must_use]
    pub const fn new(subject: Subject, at_once: u16) -> Self {
        Self { subject, at_once, again: false }
    }

    /// What its result is compared with in the same round: for what is there again, the first one.
    #[must_use]
    pub fn reference(self) -> Option<Self> {
        let subject = if self.again { Some(self.subject) } else { self.subject.reference() };
        subject.map(|subject| Self { subject, at_once: self.at_once, again: false })
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.subject, if self.again { ", again" } else { "" })
    }
}

/// The loads of a round: subjects and their references are neighbours, where they can be.
#[must_use]
pub fn loads(many: u16) -> Vec<Load> {
    const COMMON: [Subject; 5] = [
        Subject::GetOrder,
        Subject::Invocation,
        Subject::GetProduct,
        Subject::Actor,
        Subject::Axum,
    ];
    let alone = [Subject::Accept, Subject::Start];
    let concurrent = [Subject::Chain(3), Subject::Chain(1), Subject::Chain(0)];
    let mut loads = orders_and_ceiling(many);
    loads.extend(concurrent.iter().chain(&COMMON).map(|it| Load::new(*it, many)));
    loads.extend(orders_and_ceiling(1));
    loads.extend(alone.iter().chain(&COMMON).map(|it| Load::new(*it, 1)));
    loads
}

/// Orders on both sides of the ceiling, which show the noise.
fn orders_and_ceiling(at_once: u16) -> Vec<Load> {
    let order = Load::new(Subject::Order, at_once);
    vec![order, Load::new(Subject::Chain(5), at_once), Load { again: true, ..order }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_a_load_is_compared_with_is_in_the_same_round() {
        let loads = loads(30);
        let distinct: BTreeSet<_> = loads.iter().collect();
        assert_eq!(distinct.len(), loads.len());
        for load in &loads {
            assert!(load.reference().is_none_or(|reference| loads.contains(&reference)), "{load}");
        }
        assert_eq!(loads.iter().filter(|load| load.again).count(), 2);
    }

    #[test]
    fn a_process_counts_for_what_it_has_a_share_in() {
        for (process, order, chain) in [
            ("send-email.daprd", true, false),
            ("redis", true, true),
            ("bench-ceiling.daprd", false, true),
            ("bench-ceiling", false, true),
        ] {
            assert_eq!(Subject::Order.uses(process), order, "{process}");
            assert_eq!(Subject::Chain(5).uses(process), chain, "{process}");
        }
    }
}
