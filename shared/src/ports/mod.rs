//! What functions need of the world, as traits. `sidecar`, `provider`, `key_vault` and
//! `oidc` keep them; `testing` fakes them.

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

/// The future answer of a port.
pub trait PortFuture<T>: Future<Output = Result<T>> + Send {}

impl<T, F: Future<Output = Result<T>> + Send> PortFuture<T> for F {}

/// The time.
pub trait Clock: Clone + Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// `wait` from now, or the end of time.
    fn after(&self, wait: SignedDuration) -> Timestamp {
        self.now().saturating_add(wait).unwrap_or(Timestamp::MAX)
    }
}

/// The sagas that carry orders.
pub trait Sagas: Clone + Send + Sync + 'static {
    /// Starts the saga of an order. When it has one already, that one is driven on unless the order
    /// has ended. Either way the order that was accepted first is the answer.
    fn start(&self, order: &PlacedOrder) -> impl PortFuture<PlacedOrder>;
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

/// What runs sagas, one at a time for each order.
pub trait SagaEngine: Clone + Send + Sync + 'static {
    /// Ensures that the saga of an order that has not ended runs: starts it, wakes it, or starts
    /// it again when it broke off. The answer is the order that it was started with.
    fn drive(&self, order: &PlacedOrder) -> impl PortFuture<PlacedOrder>;
    /// The order that a saga was started with.
    fn find(&self, order: &OrderId) -> impl PortFuture<Option<PlacedOrder>>;
    /// Comes back when the saga of an order has ended, if that is within `wait`; fails when it is not, or
    /// cannot be learnt.
    fn ended(&self, order: &OrderId, wait: Duration) -> impl PortFuture<()>;
    /// Does the steps that are `left` of an order that was stopped by `cause`, unless a
    /// workflow is already doing so.
    fn finish(&self, order: &PlacedOrder, cause: &Cause, left: &[Step]) -> impl PortFuture<()>;
}

/// The carrier.
pub trait Shipping: Clone + Send + Sync + 'static {
    /// Books the shipment of an order. Repeated, it answers with the shipment that was booked.
    fn book(&self, order: &OrderId, ship_to: &Address) -> impl PortFuture<TrackingId>;
    /// Cancels the shipment, and ensures that none will be booked later.
    fn cancel(&self, order: &OrderId) -> impl PortFuture<()>;
}

/// Where credentials are kept.
pub trait Secrets: Clone + Send + Sync + 'static {
    /// The secret called `name`, as it is now.
    fn secret(&self, name: &str) -> impl PortFuture<Secret>;
}
