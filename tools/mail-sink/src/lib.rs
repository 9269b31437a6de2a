//! Takes in every mail sent to it over SMTP, keeps it in memory and shows it.
//!
//! [`serve_smtp`] fills a [`Sink`]: no TLS, no authentication, every sender and recipient accepted,
//! up to [`MAX_RECIPIENTS`] a mail of at most [`MAX_MAIL_BYTES`]. [`app`] shows it as a [`Router`]:
//!
//! - `GET /`, `GET /mails/{id}`: pages for people.
//! - `GET /api/mails`: the [`Mail`]s, oldest first; with `?to=ADDRESS` those whose envelope names
//!   that recipient. `GET /api/mails/{id}`: one [`Mail`]. `DELETE /api/mails`: forgets all.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: what befalls the next
//!   mails: they stall before they are kept, are refused, or are kept without an answer.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error of the API is JSON `{"error": "…"}`. Nothing asks who calls; the binary listens on the
//! loopback address only.

mod api;
mod clock;
mod data;
mod faults;
mod mail;
mod mailbox;
mod pages;
mod session;
mod sink;
mod smtp;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use stand_in::{ApiError, bounded};

pub use data::MAX_MAIL_BYTES;
pub use faults::{FaultKind, FaultPlan, MAX_CALLS, MAX_STALL_MS};
pub use mail::{Envelope, Mail};
pub use mailbox::{MAX_KEPT_BYTES, MAX_MAILS};
pub use session::MAX_RECIPIENTS;
pub use sink::Sink;
pub use smtp::{IDLE_TIMEOUT, MAX_CONNECTIONS, serve_smtp};

/// The largest HTTP request body read, in bytes; a larger one is refused with 413.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The pages, the API and the control paths of `sink`.
pub fn app(sink: &Sink) -> Router {
    let app = Router::new()
        .merge(api::routes(sink))
        .merge(pages::routes(sink))
        .route("/healthz", get(StatusCode::OK));
    bounded(app, MAX_BODY_BYTES, ApiError::unrecognized)
}
