//! A fault plan as callers write it, and its bounds.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use thiserror::Error;

/// The most calls that one plan can count.
pub const MAX_CALLS: u32 = 1_000_000;

/// The longest stall, in milliseconds: ten minutes.
pub const MAX_STALL_MS: u64 = 600_000;

/// A value in a fault plan: the name of a variant, as a JSON string.
pub trait Word: Copy + Debug + PartialEq + DeserializeOwned + Send + Sync + 'static {}

impl<W: Copy + Debug + PartialEq + DeserializeOwned + Send + Sync + 'static> Word for W {}

/// A kind of fault.
pub trait Fault: Word {
    /// Whether a call with this fault waits.
    fn stalls(self) -> bool;
}

/// The paths of a stand-in whose plans name none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoPath {}

/// Which fault the next calls get: the body of `PUT /control/faults`. A new plan replaces the old
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan<F, P = NoPath> {
    /// How many calls are affected, 1 to [`MAX_CALLS`]; all until the plan is deleted when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
    /// The kind of fault.
    pub fault: F,
    /// How long a stalled call waits, in milliseconds, 1 to [`MAX_STALL_MS`]; when missing, until the
    /// plan is replaced or deleted, though no longer than [`MAX_STALL_MS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<u64>,
    /// The calls that it applies to; all when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<P>,
}

/// Why a plan is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Its number of calls is 0, or more than [`MAX_CALLS`].
    #[error("next must be 1 to {MAX_CALLS}; DELETE /control/faults ends all faults")]
    Next,
    /// Its stall is 0 ms, or longer than [`MAX_STALL_MS`].
    #[error("stall_ms must be 1 to {MAX_STALL_MS}")]
    StallTime,
    /// It has a duration, but its fault does not stall.
    #[error("stall_ms goes with a fault that stalls")]
    StallTimeWithoutStall,
}

impl<F: Fault, P> FaultPlan<F, P> {
    /// `fault` for the next `next` calls.
    pub const fn next(next: u32, fault: F) -> Self {
        Self { next: Some(next), fault, stall_ms: None, path: None }
    }

    /// `fault` for every call until the plan is deleted.
    pub const fn every(fault: F) -> Self {
        Self { next: None, fault, stall_ms: None, path: None }
    }

    /// The same plan, with stalls of `stall_ms` milliseconds.
    #[must_use]
    pub fn for_ms(self, stall_ms: u64) -> Self {
        Self { stall_ms: Some(stall_ms), ..self }
    }

    /// The same plan for the calls of one path.
    #[must_use]
    pub fn on(self, path: P) -> Self {
        Self { path: Some(path), ..self }
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        if self.next.is_some_and(|next| !(1..=MAX_CALLS).contains(&next)) {
            return Err(PlanError::Next);
        }
        match self.stall_ms {
            Some(_) if !self.fault.stalls() => Err(PlanError::StallTimeWithoutStall),
            None | Some(1..=MAX_STALL_MS) => Ok(()),
            Some(_) => Err(PlanError::StallTime),
        }
    }
}

impl<F, P> FaultPlan<F, P> {
    /// Counts a call, unless the plan has already applied to as many calls as it names.
    pub(super) fn count(&mut self) -> bool {
        match &mut self.next {
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Stall,
        Fail,
    }

    type Plan = FaultPlan<Kind, bool>;

    impl Fault for Kind {
        fn stalls(self) -> bool {
            self == Self::Stall
        }
    }

    #[test]
    fn a_plan_out_of_bounds_is_rejected() {
        for (plan, error) in [
            (Plan::next(0, Kind::Fail), PlanError::Next),
            (Plan::next(MAX_CALLS + 1, Kind::Fail), PlanError::Next),
            (Plan::next(1, Kind::Stall).for_ms(0), PlanError::StallTime),
            (Plan::next(1, Kind::Stall).for_ms(MAX_STALL_MS + 1), PlanError::StallTime),
            (Plan::next(1, Kind::Fail).for_ms(1), PlanError::StallTimeWithoutStall),
        ] {
            assert_eq!(plan.check(), Err(error), "{plan:?}");
        }
        let most = Plan::next(MAX_CALLS, Kind::Stall).for_ms(MAX_STALL_MS);
        assert_eq!(most.check(), Ok(()));
    }

    #[test]
    fn a_plan_is_written_as_the_control_path_reads_it() {
        for (plan, json) in [
            (Plan::next(1, Kind::Stall).for_ms(9), r#"{"next":1,"fault":"stall","stall_ms":9}"#),
            (Plan::next(2, Kind::Fail).on(true), r#"{"next":2,"fault":"fail","path":true}"#),
            (Plan::every(Kind::Stall), r#"{"fault":"stall"}"#),
        ] {
            assert_eq!(serde_json::to_string(&plan).unwrap(), json);
            assert_eq!(serde_json::from_str::<Plan>(json).unwrap(), plan);
        }
    }
}
