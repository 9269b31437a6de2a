//! The payment simulator: payment intents, refunds and the rotation of API keys in Stripe's wire
//! format, in memory.
//!
//! [`app`] is the whole server. Beside Stripe's paths under `/v1` and `/v2` it has:
//!
//! - `GET /healthz`: 200 as long as the process serves.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: the next calls stall or
//!   fail.
//! - `GET /control/ledger`: the [`Ledger`], every payment and every movement of money.
//! - `PUT /control/settlement` with a [`SettlementPlan`], `DELETE /control/settlement`: the next
//!   payments are `processing`, or the next refunds `pending`, for a while.
//! - `POST /control/clock` with an [`Advance`]: advances the simulator's clock, by which idempotency
//!   keys and API keys expire and everything settles.
//! - `GET /control/keys`: a [`KeySummary`] of each API key, oldest first, never a token.
//!   `PUT /control/keys` with a [`KeyPlan`]: holds new keys back. `DELETE /control/keys/{id}`: expires
//!   one now.
//!
//! Any active key authorises any call. The first is the one in the secrets file; those made by
//! `POST /v2/iam/api_keys/{id}/rotate` end with the process, and the first is then
//! active again, as if it had never been rotated.
//!
//! The control paths are not authenticated; the program listens on the loopback address only.

mod amounts;
mod api;
mod auth;
mod book;
mod calls;
mod cards;
mod clock;
mod control;
mod error;
mod faults;
mod form;
mod idempotency;
mod keyring;
mod ledger;
mod mask;
mod objects;
mod requests;
mod serve;
mod settlement;
mod simulator;

pub use book::MAX_INTENTS;
pub use calls::Calls;
pub use clock::{Advance, ClockReading, MAX_ADVANCE_SECONDS};
pub use faults::{Area, FaultKind, FaultPlan};
pub use idempotency::MAX_KEYS;
pub use keyring::{FIRST_KEY_ID, KeyPlan, KeyStatus, KeySummary, MAX_API_KEYS};
pub use ledger::{Ledger, Movement, MovementKind, MovementStatus, OrderTotals, Outcome, Payment};
pub use serve::{Arguments, MAX_BODY_BYTES, app, serve};
pub use settlement::{Delay, PaymentEnd, RefundEnd, SettlementPlan};
