//! Plans of faults that strike so many of the next calls, and may make them stall.

use std::time::Duration;

use axum::http::StatusCode;
use thiserror::Error;

use crate::ApiError;

/// The most calls one plan may strike.
pub const MAX_CALLS: u32 = 1_000_000;

/// The longest stall, in milliseconds: ten minutes.
pub const MAX_STALL_MS: u64 = 600_000;

/// Why a plan is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// It strikes nothing, or too much.
    #[error("next must be 1 to {MAX_CALLS}; DELETE /control/faults ends all faults")]
    Next,
    /// It stalls, but not for how long, or for too long.
    #[error("stall needs stall_ms, 1 to {MAX_STALL_MS}")]
    StallTime,
    /// It has a time, but does not stall.
    #[error("stall_ms goes with the fault stall only")]
    StallTimeWithoutStall,
}

/// Checks a plan for the next `next` calls, which stalls them or not; how long it stalls them.
///
/// # Errors
///
/// The plan is out of bounds, or has a time without a stall or a stall without a time.
pub fn check(next: u32, stalls: bool, stall_ms: Option<u64>) -> Result<Duration, PlanError> {
    if !(1..=MAX_CALLS).contains(&next) {
        return Err(PlanError::Next);
    }
    match (stalls, stall_ms) {
        (true, Some(pause @ 1..=MAX_STALL_MS)) => Ok(Duration::from_millis(pause)),
        (true, _) => Err(PlanError::StallTime),
        (false, Some(_)) => Err(PlanError::StallTimeWithoutStall),
        (false, None) => Ok(Duration::ZERO),
    }
}

/// Waits as long as a plan asks for.
#[expect(clippy::disallowed_methods, reason = "the wait is what the fault plan asks for")]
pub async fn stall(pause: Duration) {
    tokio::time::sleep(pause).await;
}

impl From<PlanError> for ApiError {
    fn from(error: PlanError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}
