//! Authentication by API key.

use crate::payment::error::StripeError;
use crate::payment::keyring::Rejection;
use crate::payment::mask::mask;
use crate::payment::simulator::Simulator;
use crate::web::bearer;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

/// Rejects requests without an active key.
///
/// # Errors
///
/// 401 when the key is missing, unknown or expired.
pub(crate) async fn require_key(
    State(simulator): State<Simulator>,
    request: Request,
    next: Next,
) -> Result<Response, StripeError> {
    if let Err(rejection) = authorize(&simulator, bearer(request.headers())) {
        simulator.state().calls.unauthorized += 1;
        return Err(rejection);
    }
    Ok(next.run(request).await)
}

fn authorize(simulator: &Simulator, given: Option<&str>) -> Result<(), StripeError> {
    let given = given.ok_or_else(StripeError::no_key)?;
    let mut state = simulator.state();
    let now = state.clock.now();
    state.keyring.authorize(given, now).map_err(|rejection| match rejection {
        Rejection::Unknown => StripeError::invalid_key(&mask(given)),
        Rejection::Expired => StripeError::expired_key(&mask(given)),
    })
}
