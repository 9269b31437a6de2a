//! The client that does what is measured, once at a time.

mod ceilings;
mod orders;
mod requests;

pub use self::requests::Outcome;

use self::ceilings::Ceilings;
use self::orders::{Placed, product};
use self::requests::{read, succeeded};
use crate::load::Subject;
use crate::{BenchError, ceiling};
use futures::future::try_join_all;
use local::Cluster;
use local::cluster::STAFF;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The products, so that none is in every order.
const PRODUCTS: u64 = 100;

/// The customers, so that no list of orders is that of a single one.
const CUSTOMERS: u64 = 20;

/// The longest that anything may take.
const DEADLINE: Duration = Duration::from_mins(1);

/// A client of a shop, and of the ceilings beside it.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    gateway: String,
    tokens: Vec<String>,
    order: Placed,
    ceilings: Option<Ceilings>,
    number: AtomicU64,
    accepted: Mutex<Vec<Placed>>,
}

impl Client {
    /// A client of `cluster`, which puts its products on sale and orders one of them.
    ///
    /// # Errors
    /// When the shop rejects that.
    pub async fn open(cluster: &Cluster) -> Result<Self, BenchError> {
        let http = local::http_client("");
        let customers = (0..CUSTOMERS).map(async |number| {
            cluster.token(&format!("customer-{number}"), "orders inventory").await
        });
        let tokens = try_join_all(customers).await?;
        let has_ceilings = cluster.functions().iter().any(|it| it.name == ceiling::NAME);
        let ceilings = has_ceilings.then(|| Ceilings::of(cluster)).transpose()?;
        let order = Placed { token: tokens[0].clone(), id: String::new() };
        let (number, accepted) = Default::default();
        let gateway = cluster.gateway_url();
        let mut client = Self { http, gateway, tokens, order, ceilings, number, accepted };
        client.sell(&cluster.token("staff", STAFF).await?).await?;
        client.once(Subject::Accept).await?;
        let first = client.accepted().last().cloned();
        client.order = first.unwrap_or(client.order);
        client.settle().await?;
        Ok(client)
    }

    async fn sell(&self, token: &str) -> Result<(), BenchError> {
        let offer = json!({"name": "Bench", "unit_price": price(), "on_hand": 1_000_000_000});
        let puts = (0..PRODUCTS).map(async |number| {
            let put = self.http.put(format!("{}/api/inventory/bench-{number}", self.gateway));
            succeeded("PUT of a product", put.bearer_auth(token).json(&offer)).await
        });
        try_join_all(puts).await.map(|_| ())
    }

    /// The client of the metrics of the same shop.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Does `subject` once.
    ///
    /// # Errors
    /// When it fails, which no subject may under load; a rejection is none.
    ///
    /// # Panics
    /// When it is one of the ceilings' and there are none.
    pub async fn once(&self, subject: Subject) -> Result<Outcome, BenchError> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let gateway = &self.gateway;
        match subject {
            Subject::Order => self.order(number, product(number)).await,
            Subject::OneProduct => self.order(number, 0).await,
            Subject::Accept => self.accept(number).await,
            Subject::GetOrder => {
                let get = self.http.get(format!("{gateway}/api/orders/{}", self.order.id));
                read("GET of an order", get.bearer_auth(&self.order.token)).await
            }
            Subject::GetProduct => {
                let product = number % PRODUCTS;
                let get = self.http.get(format!("{gateway}/api/inventory/bench-{product}"));
                read("GET of a product", get.bearer_auth(&self.tokens[0])).await
            }
            Subject::Chain(_) | Subject::Start => self.ceilings().workflow(subject).await,
            Subject::Invocation => {
                read("invocation", self.http.get(&self.ceilings().invocation)).await
            }
            Subject::Axum => read("bare route", self.http.get(&self.ceilings().bare)).await,
            Subject::Actor => {
                let path = ceiling::actor_path(&format!("actor-{}", number % PRODUCTS));
                let put = self.http.put(format!("{}{path}", self.ceilings().sidecar));
                read("call of an actor", put).await
            }
        }
    }

    fn ceilings(&self) -> &Ceilings {
        self.ceilings.as_ref().expect("the cluster was started with the ceilings")
    }
}

/// The price of every product.
fn price() -> Value {
    json!({"amount": 100, "currency": "EUR"})
}
