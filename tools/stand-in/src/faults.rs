//! Fault injection into the next calls, set and deleted at `/control/faults`.

mod plan;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::routing::put;
use axum::{Json, Router};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

pub use self::plan::{Fault, FaultPlan, MAX_CALLS, MAX_STALL_MS, NoPath, PlanError, Word};

use crate::web::ApiError;

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

/// A handle on the plan in force, if there is one; clones share it.
#[derive(Clone, Debug)]
pub struct Faults<F, P = NoPath>(Arc<watch::Sender<InForce<F, P>>>);

#[derive(Clone, Copy, Debug)]
struct InForce<F, P> {
    plan: Option<FaultPlan<F, P>>,
    /// Differs for each plan that was set or deleted.
    number: u64,
}

/// A fault that is injected into one call.
#[derive(Debug)]
pub struct InjectedFault<F, P = NoPath> {
    /// Its kind.
    pub fault: F,
    stall: Option<Duration>,
    number: u64,
    in_force: watch::Receiver<InForce<F, P>>,
}

impl<F, P> Default for Faults<F, P> {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(InForce { plan: None, number: 0 })))
    }
}

impl<F: Fault, P: Word> Faults<F, P> {
    /// Replaces the plan in force.
    ///
    /// # Errors
    ///
    /// The plan is out of bounds, or has a time without a stall.
    pub fn set(&self, plan: FaultPlan<F, P>) -> Result<(), PlanError> {
        plan.check()?;
        self.replace(Some(plan));
        Ok(())
    }

    /// Deletes the plan in force.
    pub fn clear(&self) {
        self.replace(None);
    }

    fn replace(&self, plan: Option<FaultPlan<F, P>>) {
        self.0.send_modify(|in_force| {
            *in_force = InForce { plan, number: in_force.number + 1 };
        });
    }

    /// The fault of a call, if the plan applies to it; the call then counts.
    #[must_use]
    pub fn inject(
        &self,
        applies: impl FnOnce(&FaultPlan<F, P>) -> bool,
    ) -> Option<InjectedFault<F, P>> {
        let mut injected = None;
        self.0.send_if_modified(|InForce { plan, number }| {
            if let Some(plan) = plan.as_mut().filter(|plan| applies(plan)) {
                injected = plan.count().then_some((plan.fault, plan.stall_ms, *number));
            }
            // Waiting calls are released only by another plan.
            false
        });
        let (fault, stall_ms, number) = injected?;
        let stall = stall_ms.map(Duration::from_millis);
        Some(InjectedFault { fault, stall, number, in_force: self.0.subscribe() })
    }

    /// `PUT` and `DELETE /control/faults`.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/control/faults", put(set_plan::<F, P>).delete(clear_plan::<F, P>))
            .with_state(self.clone())
    }
}

impl<F: Fault, P: Word> InjectedFault<F, P> {
    /// Waits as long as the plan says, if its fault stalls: the time that it gives, even if the
    /// plan is replaced, or without one until the plan is replaced or deleted.
    #[expect(clippy::disallowed_methods, reason = "the fault plan requests the wait")]
    pub async fn stall(&mut self) {
        if !self.fault.stalls() {
            return;
        }
        if let Some(stall) = self.stall {
            return tokio::time::sleep(stall).await;
        }
        let replaced = self.in_force.wait_for(|in_force| in_force.number != self.number);
        // The call proceeds in both cases: after the bound, and once the plan is replaced.
        let _ = timeout(Duration::from_millis(MAX_STALL_MS), replaced).await;
    }
}

async fn set_plan<F: Fault, P: Word>(
    State(faults): State<Faults<F, P>>,
    plan: Result<Json<FaultPlan<F, P>>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    faults.set(plan?.0)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A call that already stalls for a given time keeps waiting.
async fn clear_plan<F: Fault, P: Word>(State(faults): State<Faults<F, P>>) -> StatusCode {
    faults.clear();
    StatusCode::NO_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use tokio::time::Instant;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
    enum Kind {
        Stall,
        Fail,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
    enum Area {
        Here,
        There,
    }

    type Plan = FaultPlan<Kind, Area>;

    impl Fault for Kind {
        fn stalls(self) -> bool {
            self == Self::Stall
        }
    }

    fn in_force(plan: Plan) -> Faults<Kind, Area> {
        let faults = Faults::default();
        faults.set(plan).unwrap();
        faults
    }

    fn inject(faults: &Faults<Kind, Area>, area: Area) -> Option<Kind> {
        let applies = |plan: &Plan| plan.path.is_none_or(|path| path == area);
        faults.inject(applies).map(|injected| injected.fault)
    }

    #[test]
    fn a_plan_affects_as_many_calls_as_it_says_and_only_on_its_path() {
        let faults = in_force(Plan::next(2, Kind::Fail).on(Area::There));
        assert_eq!(inject(&faults, Area::Here), None);
        assert_eq!(inject(&faults, Area::There), Some(Kind::Fail));
        assert_eq!(inject(&faults, Area::There), Some(Kind::Fail));
        assert_eq!(inject(&faults, Area::There), None);
    }

    #[test]
    fn a_plan_without_a_number_affects_calls_until_it_is_cleared() {
        let faults = in_force(Plan::every(Kind::Fail));
        assert!((0..1_000).all(|_| inject(&faults, Area::Here).is_some()));
        faults.clear();
        assert_eq!(inject(&faults, Area::Here), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_call_proceeds_when_its_plan_is_replaced_or_cleared() {
        for next in [None, Some(Plan::every(Kind::Fail))] {
            let faults = in_force(Plan::every(Kind::Stall));
            let mut injected = faults.inject(|_| true).unwrap();
            let mut hanging = pin!(injected.stall());
            let mut context = Context::from_waker(Waker::noop());
            assert_eq!(hanging.as_mut().poll(&mut context), Poll::Pending);
            let _ = inject(&faults, Area::Here);
            assert_eq!(hanging.as_mut().poll(&mut context), Poll::Pending);
            faults.replace(next);
            assert_eq!(hanging.as_mut().poll(&mut context), Poll::Ready(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_stall_has_a_bound() {
        let faults = in_force(Plan::every(Kind::Stall));
        let start = Instant::now();
        faults.inject(|_| true).unwrap().stall().await;
        assert_eq!(start.elapsed(), Duration::from_millis(MAX_STALL_MS));
        faults.set(Plan::every(Kind::Fail)).unwrap();
        faults.inject(|_| true).unwrap().stall().await;
        assert_eq!(start.elapsed(), Duration::from_millis(MAX_STALL_MS));
    }
}
