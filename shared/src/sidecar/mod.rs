//! The ports, implemented by Dapr. The only module that names it.
//!
//! State, secrets and actors go over the generated gRPC client: the SDK hides the status of an
//! `ETag` conflict and has no actor state transaction. Service invocation goes over HTTP: through
//! gRPC the body of a problem arrives truncated.

mod activities;
pub mod actor;
mod attempts;
pub mod dead_letters;
pub mod delivery;
pub mod functions;
mod grpc;
mod health;
pub mod invocation;
pub mod later;
pub mod notifier;
pub mod pubsub;
mod reconnect;
mod reminders;
mod repeat;
pub mod sagas;
pub mod secrets;
pub mod state;
pub mod stocks;
pub mod worker;
pub mod workflow;

use self::functions::{OrderSaga, PaymentFunctions, ShipOrder};
use self::grpc::Grpc;
use self::invocation::Invocation;
use self::later::Reminders;
use self::pubsub::{Broker, MailServer};
use self::sagas::WorkflowEngine;
use self::secrets::SecretStore;
use self::state::StateStore;
use self::stocks::ActorStocks;
use self::worker::{SidecarRefunds, WorkflowDispatcher};
use self::workflow::RetryLimits;
use crate::domain::dead_letter::DeadLetter;
use crate::domain::order::Order;
use crate::domain::payment::Payment;
use crate::domain::shipment::Shipment;
use crate::domain::stock::Stock;
use crate::domain::{LetterId, OrderId, PaymentId};
use crate::operations::dead_letters::{INDEX as OPEN_LETTERS, OpenShard};
use crate::operations::dispatch::Dispatcher;
use crate::operations::due::Page;
use crate::operations::email::Entry;
use crate::operations::lag::Lag;
use crate::operations::order_index::{Directory, IndexPage, OrderIndex};
use crate::operations::order_refunds::RefundService;
use crate::operations::products::{INDEX, ProductShard, Products};
use crate::operations::shards::Shards;
use crate::ports::Clock;
use jiff::Timestamp;
use std::time::Duration;

/// The component that stores dead letters.
const DEAD_LETTERS: &str = "dead-letters";

/// How long orders, their payments and their shipments are kept after they last changed: two years.
const ORDER_TTL: Duration = Duration::from_hours(2 * 365 * 24);

/// How long the index of what is due keeps a document that was last written so long ago: longer than
/// anything is noted beforehand.
const INDEX_TTL: Duration = Duration::from_hours(60 * 24);

/// The list of products, as documents in a state store.
type ProductDocuments<C> = Products<StateStore<ProductShard>, StateStore<Stock>, C>;

/// The Dapr sidecar of this function, on this machine's loopback.
#[derive(Debug, Clone)]
pub struct Sidecar {
    ports: [u16; 2],
    http: reqwest::Client,
    http_url: String,
    grpc: Grpc,
}

impl Sidecar {
    /// The sidecar that serves its HTTP and gRPC API on these ports. Nothing is sent yet.
    ///
    /// # Panics
    /// When no TLS provider is installed.
    #[must_use]
    pub fn new(http_port: u16, grpc_port: u16) -> Self {
        let http_url = format!("http://127.0.0.1:{http_port}");
        let ports = [http_port, grpc_port];
        Self { ports, http: reqwest::Client::new(), http_url, grpc: Grpc::new(grpc_port) }
    }

    /// The order documents, in component `orders`.
    #[must_use]
    pub fn orders(&self) -> StateStore<Order> {
        StateStore::new(self.grpc.clone(), "orders").expiring(ORDER_TTL)
    }

    /// The payment documents, in component `payments`.
    #[must_use]
    pub fn payment_documents(&self) -> StateStore<Payment> {
        StateStore::new(self.grpc.clone(), "payments").expiring(ORDER_TTL)
    }

    /// The shipment documents, in component `shipments`.
    #[must_use]
    pub fn shipments(&self) -> StateStore<Shipment> {
        StateStore::new(self.grpc.clone(), "shipments").expiring(ORDER_TTL)
    }

    /// The credentials, in component `secrets`.
    #[must_use]
    pub fn secrets(&self) -> SecretStore {
        SecretStore(self.grpc.clone())
    }

    /// The stock actors.
    #[must_use]
    pub fn stocks(&self) -> ActorStocks {
        ActorStocks(self.grpc.clone())
    }

    /// The broker, in component `pubsub`.
    #[must_use]
    pub fn publisher(&self) -> Broker {
        Broker(self.grpc.clone())
    }

    /// The mailer, in component `email`.
    #[must_use]
    pub fn mailer(&self) -> MailServer {
        MailServer(self.grpc.clone())
    }

    /// The inbox of notifications, in component `inbox`, which states its time to live.
    #[must_use]
    pub fn inbox(&self) -> StateStore<Entry> {
        StateStore::new(self.grpc.clone(), "inbox")
    }

    /// Publishes events later. Only for a function that serves [`later::host`].
    #[must_use]
    pub fn later(&self) -> Reminders {
        Reminders(self.grpc.clone())
    }

    /// Any function, by service invocation.
    #[must_use]
    pub fn invocation(&self) -> Invocation {
        Invocation::new(self.http.clone(), &self.http_url)
    }

    /// The function `order-saga`.
    #[must_use]
    pub fn sagas(&self) -> OrderSaga {
        OrderSaga(self.invocation())
    }

    /// The functions `process-payment` and `refund-payment`.
    #[must_use]
    pub fn payments(&self) -> PaymentFunctions {
        PaymentFunctions(self.invocation())
    }

    /// The function `ship-order`.
    #[must_use]
    pub fn shipping(&self) -> ShipOrder {
        ShipOrder(self.invocation())
    }

    /// Refunds by staff of orders that have ended, by `clock`.
    pub fn order_refunds<C: Clock>(&self, clock: &C) -> SidecarRefunds<C> {
        RefundService {
            orders: self.orders(),
            index: self.due_orders(),
            payments: self.payments(),
            publisher: self.publisher(),
            clock: clock.clone(),
        }
    }

    /// The lists of orders, in component `orders`.
    #[must_use]
    pub fn order_list(&self) -> OrderIndex<StateStore<IndexPage>, StateStore<Directory>> {
        let (pages, directories) = (self.grpc.clone(), self.grpc.clone());
        OrderIndex {
            pages: StateStore::new(pages, "orders").expiring(ORDER_TTL),
            directories: StateStore::new(directories, "orders").expiring(ORDER_TTL),
        }
    }

    /// The dead letters, in component `dead-letters`.
    #[must_use]
    pub fn dead_letters(&self) -> StateStore<DeadLetter> {
        StateStore::new(self.grpc.clone(), DEAD_LETTERS)
            .expiring(DeadLetter::KEPT_FOR.unsigned_abs())
    }

    /// The open dead letters, in component `dead-letters`.
    #[must_use]
    pub fn open_letters(&self) -> Shards<LetterId, Timestamp, StateStore<OpenShard>> {
        Shards::new(OPEN_LETTERS, StateStore::new(self.grpc.clone(), DEAD_LETTERS))
    }

    /// The list of products, in component `stock-store`: of the function that hosts the stock actors alone, which
    /// its documents belong to.
    pub(super) fn products<C: Clock>(&self, clock: &C) -> ProductDocuments<C> {
        Products {
            index: Shards::new(INDEX, StateStore::new(self.grpc.clone(), actor::STORE)),
            stocks: StateStore::new(self.grpc.clone(), actor::STORE),
            clock: clock.clone(),
        }
    }

    /// The orders by due time, in component `orders`.
    fn due_orders(&self) -> StateStore<Page<OrderId>> {
        StateStore::new(self.grpc.clone(), "orders").expiring(INDEX_TTL)
    }

    /// The payments of callers by due time, in component `payments`.
    #[must_use]
    pub fn due_payments(&self) -> StateStore<Page<PaymentId>> {
        StateStore::new(self.grpc.clone(), "payments").expiring(INDEX_TTL)
    }

    /// The dispatcher of the workflows that this function hosts; their steps are retried within `retries`. It starts
    /// none while those that run have too great a `lag`.
    pub(super) fn dispatcher<C: Clock>(
        &self,
        clock: &C,
        retries: RetryLimits,
        lag: Lag,
    ) -> WorkflowDispatcher<C> {
        let refunds = self.order_refunds(clock);
        let clock = clock.clone();
        Dispatcher {
            orders: self.orders(),
            index: self.due_orders(),
            refunds,
            engine: WorkflowEngine { grpc: self.grpc.clone(), clock: clock.clone(), retries },
            clock,
            overdue_after: retries.reservation_ttl,
            lag,
        }
    }
}
