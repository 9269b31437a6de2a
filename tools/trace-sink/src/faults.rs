//! Faults: what is made to befall exporters.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use stand_in::ApiError;
use thiserror::Error;
use tokio::sync::watch;

/// What befalls every export until it is deleted: the body of `PUT /control/faults`. A new plan
/// replaces the old one, also for the exports that hang.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultPlan {
    /// What befalls them.
    pub fault: FaultKind,
}

/// A way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The request is read, then neither kept nor answered before the fault is deleted.
    Hang,
    /// The request is answered 500, over gRPC `INTERNAL`; nothing is kept.
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

/// The fault in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(watch::Sender<Option<FaultKind>>);

impl Faults {
    pub(crate) fn set(&self, fault: Option<FaultKind>) {
        self.0.send_replace(fault);
    }

    /// Waits as long as exports hang.
    pub(crate) async fn befall(&self) -> Result<(), Failing> {
        let mut faults = self.0.subscribe();
        let fault = faults.wait_for(|fault| *fault != Some(FaultKind::Hang)).await;
        match *fault.expect("the faults outlive their watcher") {
            Some(FaultKind::Fail) => Err(Failing),
            Some(FaultKind::Hang) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn what_hangs_fares_as_the_next_plan_says() {
        for (next, outcome) in [(None, Ok(())), (Some(FaultKind::Fail), Err(Failing))] {
            let faults = Faults::default();
            faults.set(Some(FaultKind::Hang));
            let mut export = pin!(faults.befall());
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(export.as_mut().poll(&mut context), Poll::Pending);
            faults.set(next);
            assert_eq!(export.as_mut().poll(&mut context), Poll::Ready(outcome));
        }
    }

    #[test]
    fn a_plan_is_written_as_the_control_path_reads_it() {
        for (fault, json) in
            [(FaultKind::Hang, r#"{"fault":"hang"}"#), (FaultKind::Fail, r#"{"fault":"fail"}"#)]
        {
            assert_eq!(serde_json::to_string(&FaultPlan { fault }).unwrap(), json);
            assert_eq!(serde_json::from_str::<FaultPlan>(json).unwrap(), FaultPlan { fault });
        }
    }
}
