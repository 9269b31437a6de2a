//! Steps that are tried again.

use super::Order;
use crate::domain::saga::Step;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A step whose last try failed, and which is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Retry {
    /// A step of the way forward or an undo.
    pub step: Step,
    /// How many tries have failed.
    pub tries: u32,
    /// When the last one failed, by the clock of its host.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub failed_at: Timestamp,
    /// About when the next one is due.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub next_at: Timestamp,
}

impl Order {
    /// Notes that a try of `step` failed at `at`, and will be repeated after `pause`, which depends on how many
    /// have failed. Once the order has ended, nothing is tried again.
    pub fn note_failed_try(&mut self, step: Step, at: Timestamp, pause: fn(Step, u32) -> Duration) {
        if self.status.is_final() {
            return;
        }
        let before = self.retrying.iter().position(|retry| retry.step == step);
        let before = before.map_or(0, |place| self.retrying.remove(place).tries);
        let tries = before.saturating_add(1);
        let next_at = at.saturating_add(pause(step, tries)).unwrap_or(Timestamp::MAX);
        self.retrying.push(Retry { step, tries, failed_at: at, next_at });
    }
}
