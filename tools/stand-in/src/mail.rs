//! The mail sink: receives every mail sent to it over SMTP, stores it in memory and shows it.
//!
//! SMTP has no TLS and no authentication here, and every sender and recipient is accepted, up to
//! [`MAX_RECIPIENTS`] a mail of at most [`MAX_MAIL_BYTES`]; recipients at `rejected.test` and
//! `deferred.test` are not. Over HTTP there are:
//!
//! - `GET /`, `GET /mails/{id}`: HTML pages.
//! - `GET /api/mails`: the [`Mail`]s, oldest first; with `?to=ADDRESS` those whose envelope names
//!   that recipient. `GET /api/mails/{id}`: a [`Mail`]. `DELETE /api/mails`: deletes all.
//! - `PUT /control/faults` with a [`FaultPlan`], `DELETE /control/faults`: the next mails stall
//!   before they are stored, are rejected, or are stored without a reply.
//! - `GET /healthz`: 200 as long as the process serves.
//!
//! An error of the API is JSON `{"error": "…"}`. Callers are not authenticated; the program listens on
//! the loopback address only.

mod api;
mod data;
mod faults;
mod mailbox;
mod mailboxes;
mod message;
mod pages;
mod serve;
mod session;
mod sink;
mod smtp;

pub use data::MAX_MAIL_BYTES;
pub use faults::{FaultKind, FaultPlan};
pub use mailbox::{MAX_MAILS, MAX_STORED_BYTES};
pub use message::{Envelope, Mail};
pub use serve::{Arguments, MAX_BODY_BYTES, serve};
pub use session::MAX_RECIPIENTS;
pub use smtp::{IDLE_TIMEOUT, MAX_CONNECTIONS};
