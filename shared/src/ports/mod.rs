//! What functions need from outside, as traits. `sidecar`, `provider`, `key_vault` and `oidc`
//! implement them; `testing` fakes them.

mod cancellations;
mod dead_letters;
mod documents;
mod error;
mod functions;
mod keys;
mod order_list;
mod payments;
mod product_list;
mod progress;
mod publisher;
mod refunds;
mod secret;
mod stocks;
mod tokens;

pub use cancellations::{CancelAnswer, Cancellations};
pub use dead_letters::{DeadLetters, LetterAnswer, LetterPage};
pub use documents::{Documents, Orders, Saved, Version, Versioned, document};
pub use error::{Chain, Error, Failure, OrFail, Result};
pub use functions::{Functions, Within};
pub use keys::{API_KEY, ApiKey, KeptKey, KeyIssuer, PREVIOUS_API_KEY, Vault};
pub use order_list::OrderList;
pub use payments::{
    Intent, IntentRequest, PaymentClient, Payments, Provider, ProviderAnswer, RefundObject,
    RefundRequest,
};
pub use product_list::{ProductList, ProductPage};
pub use progress::{LONGEST_WAIT, Progress, Until};
pub use publisher::{Delivered, Later, Mail, Mailer, Publisher};
pub use refunds::{OrderRefunds, RefundAnswer};
pub use secret::Secret;
pub use stocks::Stocks;
pub use tokens::{TokenError, Tokens};

use crate::domain::caller::Caller;
use crate::domain::order::NewResumption;
use crate::domain::placing::{Address, PlacedOrder};
use crate::domain::saga::{Cause, Step};
use crate::domain::{OrderId, TrackingId};
use jiff::{SignedDuration, Timestamp};
use std::future::Future;
use std::time::Duration;

/// The future that a port returns.
pub trait PortFuture<T>: Future<Output = Result<T>> + Send {}

impl<T, F: Future<Output = Result<T>> + Send> PortFuture<T> for F {}

/// A clock.
pub trait Clock: Clone + Send + Sync + 'static {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// `wait` from now, or the latest time.
    fn after(&self, wait: SignedDuration) -> Timestamp {
        self.now().saturating_add(wait).unwrap_or(Timestamp::MAX)
    }
}

/// The sagas that fulfil orders.
pub trait Sagas: Clone + Send + Sync + 'static {
    /// Starts the saga of an order. If it has one already, ensures that it runs unless the order has
    /// ended. Either way, returns the order that was accepted first.
    /// Returns none if it has no saga and those that run lag too far behind to start another: nothing was done.
    fn start(&self, order: &PlacedOrder) -> impl PortFuture<Option<PlacedOrder>>;
    /// The order that a saga was started with.
    fn find(&self, order: &OrderId) -> impl PortFuture<Option<PlacedOrder>>;
    /// Drives an order on, a stuck one too, and notes who asked for that and why. The answer is whether
    /// it has still to end; nothing, when there is no such order.
    fn resume(
        &self,
        order: &OrderId,
        caller: Option<&Caller>,
        ask: &NewResumption,
    ) -> impl PortFuture<Option<bool>>;
}

/// The engine of sagas, of which each order has at most one running.
pub trait SagaEngine: Clone + Send + Sync + 'static {
    /// Ensures that the saga of an order that has not ended runs: starts it, wakes it, or restarts it
    /// if it was terminated. Returns the order that it was started with.
    fn run(&self, order: &PlacedOrder) -> impl PortFuture<PlacedOrder>;
    /// The order that a saga was started with.
    fn find(&self, order: &OrderId) -> impl PortFuture<Option<PlacedOrder>>;
    /// Returns when the saga of an order has ended; fails when it has not within `wait`, or when that
    /// cannot be determined.
    fn ended(&self, order: &OrderId, wait: Duration) -> impl PortFuture<()>;
    /// Performs the steps that are `left` of an order that was stopped by `cause`, unless a
    /// workflow is already doing so.
    fn finish(&self, order: &PlacedOrder, cause: &Cause, left: &[Step]) -> impl PortFuture<()>;
}

/// The carrier.
pub trait Shipping: Clone + Send + Sync + 'static {
    /// Books the shipment of an order. Repeated, it returns the shipment that was booked.
    fn book(&self, order: &OrderId, ship_to: &Address) -> impl PortFuture<TrackingId>;
    /// Cancels the shipment, and ensures that none will be booked later.
    fn cancel(&self, order: &OrderId) -> impl PortFuture<()>;
}

/// A store of credentials.
pub trait Secrets: Clone + Send + Sync + 'static {
    /// The current value of the secret `name`.
    fn secret(&self, name: &str) -> impl PortFuture<Secret>;
}
