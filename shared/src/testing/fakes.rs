//! Fakes of the ports: in memory, only for unit tests.

mod engine;
mod keys;
mod mails;
mod payments;
mod progress;
mod provider;
mod tokens;

pub use engine::{FakeEngine, FakeSagas};
pub use keys::{FakeIssuer, FakeVault};
pub use mails::{FakeLater, FakeMailer};
pub use payments::{DirectPayments, fake_payments};
pub use progress::FakeProgress;
pub use provider::{FakeProvider, Fault};
pub use tokens::FakeTokens;

use crate::domain::order::Order;
use crate::domain::payment::{Charge, RefundId, RefundState};
use crate::domain::placing::Address;
use crate::domain::stock::{Changed, Command, Condition, Offer, Put, Stock, TurnResult, turn};
use crate::domain::{Money, OrderId, PaymentId, ProductId, TrackingId};
use crate::operations::dead_letters::{INDEX, LetterBox};
use crate::operations::order_refunds::RefundService;
use crate::operations::shards::Shards;
use crate::ports::{
    Clock, DeadLetters, Documents, Failure, Functions, OrderRefunds, PaymentClient, Publisher,
    Result, Saved, Shipping, Stocks, Version, Versioned,
};
use crate::testing::orders::{at, put_on_sale};
use axum::body::Bytes;
use axum::http::{HeaderName, Request, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};

type Shared<T> = Arc<Mutex<T>>;

fn lock<T>(shared: &Shared<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("no test panics while it holds a fake")
}

/// A clock that is stopped.
#[derive(Debug, Clone)]
pub struct FakeClock(pub Timestamp);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Documents in memory.
#[derive(Debug, Clone)]
pub struct FakeDocuments<K, T>(Shared<HashMap<K, (u64, T)>>);

impl<K, T> Default for FakeDocuments<K, T> {
    fn default() -> Self {
        Self(Shared::default())
    }
}

impl<K, T> Documents<K, T> for FakeDocuments<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    async fn load(&self, key: &K) -> Result<Option<Versioned<T>>> {
        let found = lock(&self.0).get(key).cloned();
        Ok(found.map(|(version, document)| Versioned {
            document,
            version: Version(version.to_string()),
        }))
    }

    async fn save(&self, key: &K, document: &T, version: Option<&Version>) -> Result<Saved> {
        let mut documents = lock(&self.0);
        let current = documents.get(key).map(|(version, _)| *version);
        if current.map(|version| version.to_string()) != version.map(|version| version.0.clone()) {
            return Ok(Saved::Conflict);
        }
        documents.insert(key.clone(), (current.unwrap_or(0) + 1, document.clone()));
        Ok(Saved::Written)
    }
}

/// Stock without actors, with a stopped clock.
#[derive(Debug, Clone, Default)]
pub struct FakeStocks(Shared<HashMap<ProductId, Stock>>);

impl FakeStocks {
    /// Creates or replaces a product.
    ///
    /// # Errors
    /// As [`Stocks::put`].
    pub async fn set(&self, product: &ProductId, offer: &Offer) -> Result<Changed> {
        let there = lock(&self.0).contains_key(product);
        let condition = if there { Condition::Present } else { Condition::Absent };
        self.put(product, &Put { condition, ..put_on_sale(offer.clone()) }).await
    }
}

impl Stocks for FakeStocks {
    async fn send(&self, product: &ProductId, command: Command) -> Result<TurnResult> {
        let mut stocks = lock(&self.0);
        let mut stock = stocks.remove(product);
        let reply = turn(&mut stock, product, &command, at(0));
        stock.map(|stock| stocks.insert(product.clone(), stock));
        Ok(reply)
    }
}

/// Functions that echo their requests.
#[derive(Debug, Clone, Default)]
pub struct FakeFunctions;

impl Functions for FakeFunctions {
    async fn forward(&self, function: &str, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let headers: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        let seen = json!({
            "function": function,
            "method": request.method().as_str(),
            "path": request.uri().path(),
            "headers": headers,
            "caller": request.headers().get("shop-caller").map(|it| String::from_utf8_lossy(it.as_bytes())),
            "body": String::from_utf8_lossy(request.body()),
        });
        Ok(Response::new(seen.to_string().into()))
    }
}

/// A broker that records published events, by topic.
#[derive(Debug, Clone, Default)]
pub struct FakeBroker {
    published: Shared<Vec<(String, Value)>>,
    message_ids: Shared<Vec<String>>,
    fails: Shared<bool>,
}

impl FakeBroker {
    /// What was published, in order.
    #[must_use]
    pub fn published(&self) -> Vec<(String, Value)> {
        lock(&self.published).clone()
    }

    /// The types of the events published, in order.
    #[must_use]
    pub fn types(&self) -> Vec<String> {
        let kind =
            |(_, event): &(String, Value)| event["type"].as_str().unwrap_or_default().to_owned();
        lock(&self.published).iter().map(kind).collect()
    }

    /// The message ids under which events were published again, in order.
    #[must_use]
    pub fn message_ids(&self) -> Vec<String> {
        lock(&self.message_ids).clone()
    }

    /// Makes the next publication fail.
    pub fn fail_next(&self) {
        *lock(&self.fails) = true;
    }
}

impl Publisher for FakeBroker {
    async fn publish(&self, topic: &str, event: &(impl Serialize + Sync)) -> Result<()> {
        if mem::take(&mut *lock(&self.fails)) {
            return Err(Failure::new("fake broker", "publish", "set to fail").into());
        }
        lock(&self.published).push((topic.to_owned(), json!(event)));
        Ok(())
    }

    async fn publish_as(
        &self,
        topic: &str,
        event: &(impl Serialize + Sync),
        message_id: String,
    ) -> Result<()> {
        self.publish(topic, event).await?;
        lock(&self.message_ids).push(message_id);
        Ok(())
    }
}

/// Dead letters with a stopped clock, and the broker by which they are resent.
#[must_use]
pub fn fake_dead_letters() -> (impl DeadLetters + use<>, FakeBroker) {
    fake_dead_letters_of(&FakeDocuments::default())
}

/// Dead letters, some of which are about `orders`.
#[must_use]
pub fn fake_dead_letters_of(
    orders: &FakeDocuments<OrderId, Order>,
) -> (impl DeadLetters + use<>, FakeBroker) {
    let (publisher, clock) = (FakeBroker::default(), FakeClock(at(0)));
    let open = Shards::new(INDEX, FakeDocuments::default());
    let (letters, orders) = (FakeDocuments::default(), orders.clone());
    (LetterBox { letters, open, orders, publisher: publisher.clone(), clock }, publisher)
}

/// Refunds of `orders` whose payments are always refunded, with a stopped clock.
#[must_use]
pub fn fake_refunds(orders: &FakeDocuments<OrderId, Order>) -> impl OrderRefunds + use<> {
    RefundService {
        orders: orders.clone(),
        index: FakeDocuments::default(),
        payments: FakePaymentClient,
        publisher: FakeBroker::default(),
        clock: FakeClock(at(0)),
    }
}

/// A payment client whose payments always succeed.
#[derive(Debug, Clone, Default)]
pub struct FakePaymentClient;

impl PaymentClient for FakePaymentClient {
    async fn charge(&self, charge: &Charge) -> Result<PaymentId> {
        Ok(PaymentId::of(&charge.order_id))
    }

    async fn void(&self, _: &OrderId) -> Result<Option<Money>> {
        Ok(None)
    }

    async fn refund(&self, _: &OrderId, _: &RefundId, _: Money) -> Result<RefundState> {
        Ok(RefundState::Succeeded)
    }

    async fn review(&self, _: &OrderId) -> Result<Vec<(RefundId, RefundState)>> {
        Ok(Vec::new())
    }

    async fn sweep(&self) -> Result<()> {
        Ok(())
    }
}

/// A carrier that accepts every shipment.
#[derive(Debug, Clone, Default)]
pub struct FakeShipping;

impl Shipping for FakeShipping {
    async fn book(&self, order: &OrderId, _: &Address) -> Result<TrackingId> {
        Ok(TrackingId::of(order))
    }

    async fn cancel(&self, _: &OrderId) -> Result<()> {
        Ok(())
    }
}
