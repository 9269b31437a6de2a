//! Faults: what happens to exports.

use crate::faults::{self, Fault};
use crate::web::ApiError;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What happens to the next exports.
pub type FaultPlan = faults::FaultPlan<FaultKind>;

/// The plan in force.
pub(crate) type Faults = faults::Faults<FaultKind>;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The request is read, then neither stored nor answered before its stall ends. What happens to it
    /// then is decided by the plan in force by then.
    Hang,
    /// The request is answered 500; nothing is stored.
    Fail,
}

/// Why an export failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("exports fail until DELETE /control/faults")]
pub(crate) struct Failing;

impl From<Failing> for ApiError {
    fn from(failing: Failing) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, failing.to_string())
    }
}

impl Fault for FaultKind {
    fn stalls(self) -> bool {
        self == Self::Hang
    }
}

/// Applies the plan in force to an export: waits as long as exports hang.
///
/// # Errors
///
/// Exports fail.
pub(crate) async fn apply(faults: &Faults) -> Result<(), Failing> {
    while let Some(mut injected) = faults.inject(|_| true) {
        match injected.fault {
            FaultKind::Fail => return Err(Failing),
            FaultKind::Hang => injected.stall().await,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[tokio::test(start_paused = true)]
    async fn an_export_that_hangs_ends_as_the_next_plan_says() {
        for (next, outcome) in [(None, Ok(())), (Some(FaultKind::Fail), Err(Failing))] {
            let faults = Faults::default();
            faults.set(FaultPlan::every(FaultKind::Hang)).unwrap();
            let mut export = pin!(apply(&faults));
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(export.as_mut().poll(&mut context), Poll::Pending);
            match next {
                Some(fault) => faults.set(FaultPlan::every(fault)).unwrap(),
                None => faults.clear(),
            }
            assert_eq!(export.as_mut().poll(&mut context), Poll::Ready(outcome));
        }
    }
}
