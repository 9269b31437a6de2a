//! Simulates the payment provider: payment intents, refunds and the rotation of API keys in Stripe's
//! wire format, in memory.
//!
//! [`app`] is the whole server as a [`Router`]. Beside Stripe's paths under `/v1` and `/v2` it has:
//!
//! - `GET /healthz`: 200 as long as the process serves.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: what befalls the next
//!   calls.
//! - `GET /control/ledger`: the [`Ledger`], everything charged, declined and refunded.
//! - `GET /control/keys`: a [`KeySummary`] of each API key, oldest first, never a token.
//!   `PUT /control/keys` with a [`KeyPlan`]: holds new keys back. `DELETE /control/keys/{id}`: ends
//!   one now.
//!
//! Any active key authorises any call. The first is the process's own; those made by
//! `POST /v2/iam/api_keys/{id}/rotate` are forgotten when the process ends, and the first is then
//! active again, as if it had never been rotated.
//!
//! The control paths ask for no key; the binary listens on the loopback address only.

mod api;
mod auth;
mod book;
mod cards;
mod clock;
mod control;
mod error;
mod faults;
mod form;
mod idempotency;
mod keyring;
mod ledger;
mod objects;
mod requests;
mod simulator;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use stand_in::bounded;

pub use auth::{ApiKey, InvalidApiKey};
pub use book::MAX_INTENTS;
pub use faults::{FaultKind, FaultPlan, MAX_CALLS, MAX_STALL_MS, Resource};
pub use idempotency::MAX_KEYS;
pub use keyring::{FIRST_KEY_ID, KeyPlan, KeyStatus, KeySummary, MAX_API_KEYS};
pub use ledger::{Calls, Ledger, OrderTotals, Outcome, Payment};

use crate::error::ApiError;
use crate::simulator::Simulator;

/// The largest request body read, in bytes; a larger one is refused with 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The simulated provider, with a ledger of its own, open to callers who show
/// `api_key`, which has the id [`FIRST_KEY_ID`], or a key that follows it.
pub fn app(api_key: ApiKey) -> Router {
    let simulator = Simulator::new(api_key);
    let app = Router::new()
        .merge(api::routes(&simulator))
        .merge(control::routes(&simulator))
        .route("/healthz", get(StatusCode::OK));
    bounded(app, MAX_BODY_BYTES, ApiError::unrecognized)
}
