//! The routes of the public API, with the function that serves each and the scope that it needs.

use super::authorization::authorize;
use super::events::{self, Events};
use super::forward::{to, with_key};
use super::limits::{self, Limits};
use super::{dead_letters, order_list, product_list};
use crate::domain::caller::Scope;
use crate::ports::{Functions, Progress, Tokens};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, on};
use axum::{Extension, Router};

/// A route of the public API.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: MethodFilter,
    /// The path, its parameters in braces.
    pub path: &'static str,
    /// The function that serves it.
    pub function: &'static str,
    /// The scope that a caller must have.
    pub scope: Scope,
    /// Whether a request without an `Idempotency-Key` gets one.
    pub keyed: bool,
    /// Whether the gateway itself responds, with a stream made from the function's responses.
    pub streamed: bool,
    /// The parameters of its query.
    pub parameters: &'static [&'static str],
}

const GET: MethodFilter = MethodFilter::GET;
const POST: MethodFilter = MethodFilter::POST;
const PUT: MethodFilter = MethodFilter::PUT;

/// All of them.
pub const ROUTES: &[Route] = &[
    route(POST, "/api/orders", "create-order", Scope::Orders).keyed(),
    route(GET, "/api/orders", "get-order", Scope::Orders).with(order_list::PARAMETERS),
    route(GET, "/api/orders/{order_id}", "get-order", Scope::Orders),
    route(GET, "/api/orders/{order_id}/status", "order-status", Scope::Orders),
    route(POST, "/api/orders/{order_id}/cancel", "order-saga", Scope::Orders),
    route(GET, events::ROUTE, "order-saga", Scope::Orders).streamed(),
    route(POST, "/api/orders/{order_id}/resume", "order-saga", Scope::OrdersAdmin),
    route(POST, "/api/orders/{order_id}/refunds", "order-saga", Scope::OrdersAdmin),
    route(GET, "/api/inventory", "stock", Scope::Inventory).with(product_list::PARAMETERS),
    route(GET, "/api/inventory/{product_id}", "check-stock", Scope::Inventory),
    route(PUT, "/api/inventory/{product_id}", "set-stock", Scope::InventoryAdmin).keyed(),
    route(POST, "/api/inventory/{product_id}/adjustments", "set-stock", Scope::InventoryAdmin),
    route(POST, "/api/inventory/{product_id}/reserve", "reserve-stock", Scope::InventoryAdmin),
    route(POST, "/api/inventory/{product_id}/release", "release-stock", Scope::InventoryAdmin),
    route(POST, "/api/payments", "process-payment", Scope::PaymentsAdmin),
    route(GET, "/api/payments/{payment_id}", "process-payment", Scope::PaymentsAdmin),
    route(POST, "/api/payments/{payment_id}/refund", "refund-payment", Scope::PaymentsAdmin),
    route(POST, "/api/lists/orders", "get-order", Scope::OrdersAdmin),
    route(POST, "/api/lists/products", "stock", Scope::InventoryAdmin),
    route(GET, "/api/dead-letters", "dead-letters", Scope::OrdersAdmin)
        .with(dead_letters::PARAMETERS),
    route(GET, "/api/dead-letters/{letter_id}", "dead-letters", Scope::OrdersAdmin),
    route(POST, "/api/dead-letters/{letter_id}/resend", "dead-letters", Scope::OrdersAdmin),
    route(POST, "/api/dead-letters/{letter_id}/drop", "dead-letters", Scope::OrdersAdmin),
];

const fn route(
    method: MethodFilter,
    path: &'static str,
    function: &'static str,
    scope: Scope,
) -> Route {
    Route { method, path, function, scope, keyed: false, streamed: false, parameters: &[] }
}

impl Route {
    const fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    const fn streamed(self) -> Self {
        Self { streamed: true, ..self }
    }

    const fn with(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    /// The name of its method.
    ///
    /// # Panics
    /// Never: no route has another method.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        let names = [(GET, "GET"), (POST, "POST"), (PUT, "PUT")];
        let name = names.into_iter().find(|(method, _)| *method == self.method);
        name.expect("no route has another method").1
    }
}

/// Serves [`ROUTES`] by `functions`, and `streams` of events, within `limits` to callers with valid
/// tokens; to everyone without `tokens`.
pub fn router<F: Functions, T: Tokens, P: Progress>(
    functions: F,
    tokens: Option<&T>,
    streams: &Events<P>,
    limits: &Limits,
) -> Router {
    let admit = from_fn_with_state(limits.clone(), limits::admitted);
    let by_caller = from_fn_with_state(limits.clone(), limits::by_caller);
    let by_address = from_fn_with_state(limits.clone(), limits::by_address);
    let add = |router: Router<F>, route: &Route| {
        let mut served = if route.streamed {
            on(route.method, events::events::<P>).layer(Extension(streams.clone()))
        } else {
            // Streams have a separate limit.
            to(route.method, route.function, route.parameters).layer(admit.clone())
        };
        if route.keyed {
            served = served.layer(from_fn(with_key));
        }
        if let Some(tokens) = tokens {
            let check = from_fn_with_state((tokens.clone(), route.scope), authorize::<T>);
            served = served.layer(by_caller.clone()).layer(check);
        }
        router.route(route.path, served.layer(by_address.clone()))
    };
    ROUTES.iter().fold(Router::new(), add).with_state(functions)
}
