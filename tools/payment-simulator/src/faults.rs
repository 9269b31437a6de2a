//! Faults: what is made to befall the next calls.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stand_in::faults::{PlanError, check};

pub use stand_in::faults::{MAX_CALLS, MAX_STALL_MS};

/// What befalls the next calls: the body of `PUT /control/faults`. A new plan replaces the old one.
///
/// Struck is every call that is authorised, valid, and about to be executed or answered from its
/// idempotency key; a refused call does not use the plan up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// How many calls are struck, 1 to [`MAX_CALLS`].
    pub next: u32,
    /// What befalls them.
    pub fault: FaultKind,
    /// How long a stalled call waits, in milliseconds, 1 to [`MAX_STALL_MS`]; only with
    /// [`FaultKind::Stall`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<u64>,
    /// The calls meant; all when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Resource>,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The call waits, then takes effect, whether or not its caller still does.
    Stall,
    /// The call is answered 500 and has no effect; its idempotency key stays free.
    FailBefore,
    /// The call takes effect and is answered 500; its idempotency key keeps the true answer.
    FailAfter,
}

/// The paths of the API that can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// `/v1/payment_intents` and below.
    PaymentIntents,
    /// `/v1/refunds`.
    Refunds,
    /// `/v2/iam/api_keys/{id}/rotate`.
    KeyRotations,
}

/// What befalls one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Stall(Duration),
    FailBefore,
    FailAfter,
}

impl FaultPlan {
    /// The next `next` calls wait `stall_ms` milliseconds before they take effect.
    #[must_use]
    pub const fn stall(next: u32, stall_ms: u64) -> Self {
        Self { next, fault: FaultKind::Stall, stall_ms: Some(stall_ms), path: None }
    }

    /// The next `next` calls fail without effect.
    #[must_use]
    pub const fn fail_before(next: u32) -> Self {
        Self { next, fault: FaultKind::FailBefore, stall_ms: None, path: None }
    }

    /// The next `next` calls take effect, yet answer that they failed.
    #[must_use]
    pub const fn fail_after(next: u32) -> Self {
        Self { next, fault: FaultKind::FailAfter, stall_ms: None, path: None }
    }

    /// The same plan for the calls of one resource.
    #[must_use]
    pub const fn on(self, path: Resource) -> Self {
        Self { path: Some(path), ..self }
    }
}

/// A plan in force, and how many calls it has still to strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faults {
    left: u32,
    fault: Fault,
    path: Option<Resource>,
}

impl TryFrom<FaultPlan> for Faults {
    type Error = PlanError;

    fn try_from(plan: FaultPlan) -> Result<Self, PlanError> {
        let pause = check(plan.next, plan.fault == FaultKind::Stall, plan.stall_ms)?;
        let fault = match plan.fault {
            FaultKind::Stall => Fault::Stall(pause),
            FaultKind::FailBefore => Fault::FailBefore,
            FaultKind::FailAfter => Fault::FailAfter,
        };
        Ok(Self { left: plan.next, fault, path: plan.path })
    }
}

impl Faults {
    /// What befalls the present call on `resource`.
    pub(crate) fn strike(&mut self, resource: Resource) -> Option<Fault> {
        if self.path.is_some_and(|path| path != resource) {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        Some(self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_strikes_as_many_calls_as_it_says_and_only_on_its_path() {
        let plan = FaultPlan::fail_before(2).on(Resource::Refunds);
        let mut faults = Faults::try_from(plan).unwrap();
        assert_eq!(faults.strike(Resource::PaymentIntents), None);
        assert_eq!(faults.strike(Resource::Refunds), Some(Fault::FailBefore));
        assert_eq!(faults.strike(Resource::Refunds), Some(Fault::FailBefore));
        assert_eq!(faults.strike(Resource::Refunds), None);
    }

    #[test]
    fn a_plan_out_of_bounds_is_refused() {
        let with_time = FaultPlan { stall_ms: Some(1), ..FaultPlan::fail_after(1) };
        let without_time = FaultPlan { stall_ms: None, ..FaultPlan::stall(1, 1) };
        for (plan, error) in [
            (FaultPlan::fail_before(0), PlanError::Next),
            (FaultPlan::fail_before(MAX_CALLS + 1), PlanError::Next),
            (FaultPlan::stall(1, 0), PlanError::StallTime),
            (FaultPlan::stall(1, MAX_STALL_MS + 1), PlanError::StallTime),
            (without_time, PlanError::StallTime),
            (with_time, PlanError::StallTimeWithoutStall),
        ] {
            assert_eq!(Faults::try_from(plan), Err(error), "{plan:?}");
        }
    }
}
