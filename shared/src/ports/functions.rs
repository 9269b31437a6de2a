//! The other functions of the shop, called by name.

use super::PortFuture;
use axum::body::Bytes;
use axum::http::{Request, Response};
use std::time::Duration;

/// The timeout of a request, as an extension of it; the default is 8 seconds.
#[derive(Debug, Clone, Copy)]
pub struct Within(pub Duration);

/// The other functions.
pub trait Functions: Clone + Send + Sync + 'static {
    /// Forwards `request` to `function` and returns its response, also a problem. Only the path and
    /// the query of the request's URI are used.
    fn forward(&self, function: &str, request: Request<Bytes>) -> impl PortFuture<Response<Bytes>>;
}
