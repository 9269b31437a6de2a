//! The other functions of the shop, called by name.

use super::PortFuture;
use axum::body::Bytes;
use axum::http::{Request, Response};
use std::time::Duration;

/// How long an answer is waited for, as an extension of a request; without it, 8 seconds.
#[derive(Debug, Clone, Copy)]
pub struct Within(pub Duration);

/// The other functions.
pub trait Functions: Clone + Send + Sync + 'static {
    /// Sends `request` on to `function` and hands back what it answers, a problem too. Only the
    /// path and the query of the request's URI matter.
    fn forward(&self, function: &str, request: Request<Bytes>) -> impl PortFuture<Response<Bytes>>;
}
