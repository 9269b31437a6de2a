//! Limits of rate and concurrency: each caller has an allowance, and requests beyond what the
//! process serves at once are rejected before they wait.

mod address;
mod rate;

use self::rate::Rate;
use super::{Kind, Prefer, Problem};
use crate::domain::CustomerId;
use crate::domain::caller::Caller;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::MonotonicClock;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// The limits of rate and concurrency, as the settings say.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// Requests a minute from one caller with a token; no limit if none.
    pub per_caller: Option<NonZeroU32>,
    /// Requests a minute from one address; no limit if none.
    pub per_address: Option<NonZeroU32>,
    /// Proxies in front that are trusted to name the address of their client.
    pub proxies: usize,
    /// Requests at once: those that only read get three quarters.
    pub requests: usize,
    /// Further requests that wait for an order at once.
    pub waits: usize,
}

impl Default for Allowed {
    /// The defaults of the settings, without rate limits.
    fn default() -> Self {
        Self { per_caller: None, per_address: None, proxies: 0, requests: 200, waits: 200 }
    }
}

/// Enforces the limits.
#[derive(Debug, Clone)]
pub struct Limits {
    callers: Option<Arc<Rate<CustomerId>>>,
    addresses: Option<Arc<Rate<IpAddr>>>,
    proxies: usize,
    requests: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    waits: Arc<Semaphore>,
}

impl From<Allowed> for Limits {
    fn from(allowed: Allowed) -> Self {
        let Allowed { per_caller, per_address, proxies, requests, waits } = allowed;
        let callers = per_caller.map(|limit| Rate::new("caller", limit, MonotonicClock));
        let addresses = per_address.map(|limit| Rate::new("address", limit, MonotonicClock));
        let room = |room| Arc::new(Semaphore::new(room));
        Self {
            callers: callers.map(Arc::new),
            addresses: addresses.map(Arc::new),
            proxies,
            requests: room(requests),
            reads: room((requests - requests / 4).max(1)),
            waits: room(waits),
        }
    }
}

/// Counts a request against the allowance of its client address.
pub(super) async fn by_address(
    State(limits): State<Limits>,
    request: Request,
    next: Next,
) -> Response {
    let spent = limits.addresses.map(|rate| rate.spend(&address::of(&request, limits.proxies)));
    answered(spent, request, next).await
}

/// Counts a request against the allowance of the caller whose token was verified.
pub(super) async fn by_caller(
    State(limits): State<Limits>,
    request: Request,
    next: Next,
) -> Response {
    let caller = request.extensions().get::<Caller>();
    let spent = limits.callers.zip(caller).map(|(rate, caller)| rate.spend(&caller.customer_id));
    answered(spent, request, next).await
}

async fn answered(
    spent: Option<(HeaderMap, Option<Problem>)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut response, headers) = match spent {
        None => return next.run(request).await,
        Some((left, None)) => (next.run(request).await, left),
        Some((left, Some(problem))) => (problem.into_response(), left),
    };
    for (name, value) in &headers {
        response.headers_mut().append(name, value.clone());
    }
    response
}

/// Serves a request if the limit allows it now. One that waits for an order counts against a separate
/// limit, and is answered without waiting when that is reached.
pub(super) async fn admitted(
    State(limits): State<Limits>,
    mut request: Request,
    next: Next,
) -> Response {
    if Prefer::of(request.headers()).waits() && limits.requests.available_permits() > 0 {
        if let Ok(_room) = limits.waits.try_acquire() {
            return next.run(request).await;
        }
        request.headers_mut().remove(Prefer::HEADER);
    }
    let reads = request.method().is_safe();
    let reads = reads.then(|| limits.reads.try_acquire()).transpose();
    let (Ok(_read), Ok(_room)) = (reads, limits.requests.try_acquire()) else {
        return Problem::overloaded("requests").into_response();
    };
    next.run(request).await
}

impl Problem {
    /// Too many of `what` are under way. Nothing was started, so the request may be repeated; the delays
    /// vary, so that clients do not return all at once.
    pub(super) fn overloaded(what: &str) -> Self {
        let seconds = 1 + u64::try_from(Uuid::now_v7().as_u128() % 3).unwrap_or_default();
        let detail = format!("too many {what} are under way; nothing was done, please try again");
        Self::new(Kind::Overloaded, detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }
}

#[cfg(test)]
mod tests;
