//! Faults: what is made to befall the next mails.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stand_in::faults::{PlanError, check};

pub use stand_in::faults::{MAX_CALLS, MAX_STALL_MS};

/// What befalls the next mails: the body of `PUT /control/faults`. A new plan replaces the old one.
///
/// Only a mail that would have been accepted uses the plan up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// How many mails are struck, 1 to [`MAX_CALLS`].
    pub next: u32,
    /// What befalls them.
    pub fault: FaultKind,
    /// How long a stalled mail waits, in milliseconds, 1 to [`MAX_STALL_MS`]; only with
    /// [`FaultKind::Stall`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stall_ms: Option<u64>,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The mail's end waits, then the mail is kept and accepted, whether or not its sender still
    /// waits.
    Stall,
    /// `MAIL` is answered 451; nothing is kept.
    Refuse,
    /// The mail is kept, yet the connection closes without an answer to the mail's end.
    Drop,
}

/// What befalls one mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Stall(Duration),
    Refuse,
    Drop,
}

/// The moments of a mail that a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// A valid `MAIL` waits for its answer.
    Begin,
    /// A whole mail waits to be kept.
    End,
}

impl Fault {
    fn moment(self) -> Moment {
        match self {
            Self::Refuse => Moment::Begin,
            Self::Stall(_) | Self::Drop => Moment::End,
        }
    }
}

impl FaultPlan {
    /// The next `next` mails wait `stall_ms` milliseconds before they are kept and accepted.
    #[must_use]
    pub const fn stall(next: u32, stall_ms: u64) -> Self {
        Self { next, fault: FaultKind::Stall, stall_ms: Some(stall_ms) }
    }

    /// The next `next` mails are refused.
    #[must_use]
    pub const fn refuse(next: u32) -> Self {
        Self { next, fault: FaultKind::Refuse, stall_ms: None }
    }

    /// The next `next` mails are kept, yet their senders are not told.
    #[must_use]
    pub const fn drop(next: u32) -> Self {
        Self { next, fault: FaultKind::Drop, stall_ms: None }
    }
}

/// A plan in force, and how many mails it has still to strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Faults {
    left: u32,
    fault: Fault,
}

impl TryFrom<FaultPlan> for Faults {
    type Error = PlanError;

    fn try_from(plan: FaultPlan) -> Result<Self, PlanError> {
        let pause = check(plan.next, plan.fault == FaultKind::Stall, plan.stall_ms)?;
        let fault = match plan.fault {
            FaultKind::Stall => Fault::Stall(pause),
            FaultKind::Refuse => Fault::Refuse,
            FaultKind::Drop => Fault::Drop,
        };
        Ok(Self { left: plan.next, fault })
    }
}

impl Faults {
    /// What befalls a mail at this moment.
    pub(crate) fn strike(&mut self, moment: Moment) -> Option<Fault> {
        if self.fault.moment() != moment {
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
    fn a_plan_strikes_as_many_mails_as_it_says_and_only_at_its_moment() {
        let mut faults = Faults::try_from(FaultPlan::drop(2)).unwrap();
        assert_eq!(faults.strike(Moment::Begin), None);
        assert_eq!(faults.strike(Moment::End), Some(Fault::Drop));
        assert_eq!(faults.strike(Moment::End), Some(Fault::Drop));
        assert_eq!(faults.strike(Moment::End), None);
    }

    #[test]
    fn a_plan_out_of_bounds_is_refused() {
        let with_time = FaultPlan { stall_ms: Some(1), ..FaultPlan::drop(1) };
        let without_time = FaultPlan { stall_ms: None, ..FaultPlan::stall(1, 1) };
        for (plan, error) in [
            (FaultPlan::refuse(0), PlanError::Next),
            (FaultPlan::refuse(MAX_CALLS + 1), PlanError::Next),
            (FaultPlan::stall(1, 0), PlanError::StallTime),
            (FaultPlan::stall(1, MAX_STALL_MS + 1), PlanError::StallTime),
            (without_time, PlanError::StallTime),
            (with_time, PlanError::StallTimeWithoutStall),
        ] {
            assert_eq!(Faults::try_from(plan), Err(error), "{plan:?}");
        }
    }

    #[test]
    fn a_plan_is_written_as_the_control_path_reads_it() {
        for (plan, json) in [
            (FaultPlan::stall(1, 60_000), r#"{"next":1,"fault":"stall","stall_ms":60000}"#),
            (FaultPlan::refuse(2), r#"{"next":2,"fault":"refuse"}"#),
            (FaultPlan::drop(3), r#"{"next":3,"fault":"drop"}"#),
        ] {
            assert_eq!(serde_json::to_string(&plan).unwrap(), json);
            assert_eq!(serde_json::from_str::<FaultPlan>(json).unwrap(), plan);
        }
    }
}
