//! What nearly every function's `main.rs` names.

pub use crate::domain::{OrderId, PaymentId, ProductId};
pub use crate::host::{self, RESERVATION, SERVED_COUNTRIES, Service, SystemClock};
pub use crate::http::{Json, Kind, Path, Problem};
pub use crate::operations::payments::Payments;
pub use crate::ports::{Clock, Documents, Functions, Mailer, Orders, Publisher, Sagas, Stocks};
pub use axum::Router;
pub use axum::extract::State;
pub use axum::http::StatusCode;
pub use axum::response::IntoResponse;
pub use axum::routing::{delete, get, post, put};
pub use jiff::SignedDuration;
pub use std::process::ExitCode;
