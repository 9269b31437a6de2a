//! A client of a shop that runs anywhere, with a record of the test's orders.

use super::contract::Answers;
use super::gateway::Gateway;
use super::wait::until;
use reqwest::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The timeout of a request.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The time within which every order must end, under any fault.
pub const ORDER_ENDS_WITHIN: Duration = Duration::from_mins(1);

/// One test's view of a running shop, with its own products and orders.
#[derive(Clone)]
pub struct Client {
    /// For requests outside the public API.
    pub http: reqwest::Client,
    /// The bearer token for the public API: that of staff, unless another is set.
    pub token: String,
    pub(super) gateway: Gateway,
    /// The URL of the payment simulator.
    pub(super) simulator: String,
    /// The URL of the mail sink.
    mails: String,
    scope: String,
    supplied: Arc<Mutex<BTreeMap<String, i64>>>,
    pub(super) orders: Arc<Mutex<BTreeSet<String>>>,
    pub(super) answers: Answers,
}

/// A response of the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiResponse {
    /// The status.
    pub status: u16,
    /// The header `Location`.
    pub location: Option<String>,
    /// The header `ETag`.
    pub etag: Option<String>,
    /// The header `WWW-Authenticate`.
    pub challenge: Option<String>,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The trace of the request.
    pub trace: Option<String>,
    /// The media type.
    pub kind: String,
    /// The body, as JSON.
    pub body: Value,
}

impl ApiResponse {
    /// The problem's code, if the response is a problem.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        (self.kind == "application/problem+json").then(|| self.body["code"].as_str())?
    }

    /// A string in the body.
    ///
    /// # Panics
    /// When there is no such string.
    #[must_use]
    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field}: {self:?}")).to_owned()
    }
}

impl Client {
    /// A view with its own products and orders, of the shop whose gateway, payment simulator and mail sink have these
    /// URLs.
    #[must_use]
    pub fn new(
        http: reqwest::Client,
        token: String,
        [gateway, simulator, mails]: [String; 3],
    ) -> Self {
        static SCOPES: AtomicUsize = AtomicUsize::new(1);
        let scope = format!("t{}", SCOPES.fetch_add(1, Ordering::Relaxed));
        let gateway = Gateway::at(gateway);
        let (supplied, orders, answers) = Default::default();
        Self { http, token, gateway, simulator, mails, scope, supplied, orders, answers }
    }

    /// An id that no other test uses.
    #[must_use]
    pub fn id(&self, name: &str) -> String {
        format!("{}-{name}", self.scope)
    }

    /// The email address of a customer that no other test uses.
    #[must_use]
    pub fn email(&self, name: &str) -> String {
        format!("{}@example.com", self.id(name))
    }

    /// Sends a request to the public API, again while the gateway has no room for it.
    ///
    /// # Panics
    /// When there is no response.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> ApiResponse {
        until("the gateway has room", REQUEST_TIMEOUT, async || {
            let answer = self.try_send(request.try_clone()?).await.expect("the gateway answers");
            (answer.problem() != Some("overloaded")).then_some(answer)
        })
        .await
    }

    /// As [`Client::send`], for when the gateway may not be running.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn try_send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<ApiResponse> {
        let request = request.timeout(REQUEST_TIMEOUT).build()?;
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = self.http.execute(request).await?;
        let header = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let [location, etag, challenge, retry_after, trace] =
            ["location", "etag", "www-authenticate", "retry-after", "x-trace-id"].map(header);
        let kind = header("content-type").unwrap_or_default();
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        let answer =
            ApiResponse { status, location, etag, challenge, retry_after, trace, kind, body };
        self.answers.record_from(&self.gateway.url, &method, &url, &answer);
        Ok(answer)
    }

    /// A request to the gateway, with the token.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.gateway.url);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// Reads from the public API.
    pub async fn get(&self, path: &str) -> ApiResponse {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends JSON to the public API.
    pub async fn post(&self, path: &str, body: &Value) -> ApiResponse {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Puts a product on sale and returns its id.
    ///
    /// # Panics
    /// When the shop rejects it.
    pub async fn sell(&self, name: &str, cents: i64, on_hand: i64) -> String {
        let product = self.id(name);
        let offer = json!({"name": name, "unit_price": {"amount": cents, "currency": "EUR"}, "on_hand": on_hand});
        let request = self.request(Method::PUT, &format!("/api/inventory/{product}")).json(&offer);
        let answer = self.send(request).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        self.supply(&product, on_hand);
        product
    }

    /// Records that `on_hand` pieces of a product were supplied.
    ///
    /// # Panics
    /// Never.
    pub fn supply(&self, product: &str, on_hand: i64) {
        self.supplied.lock().expect("no holder panics").insert(product.to_owned(), on_hand);
    }

    /// An order of `items` by a customer with a valid card in a country that is served.
    #[must_use]
    pub fn order(&self, items: &[(&str, i64)]) -> Value {
        let items: Vec<_> = items
            .iter()
            .map(|(product, quantity)| json!({"product_id": product, "quantity": quantity}))
            .collect();
        json!({
            "customer_id": self.id("ann"),
            "email": self.email("ann"),
            "items": items,
            "payment_method": "pm_card_visa",
            "ship_to": {"name": "Ann Smith", "line1": "Main Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
        })
    }

    /// Places an order, and returns its id.
    ///
    /// # Panics
    /// When the shop does not accept it.
    pub async fn place(&self, order: &Value) -> String {
        let answer = self.post("/api/orders", order).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED.as_u16(), "{answer:?}");
        self.accepted(&answer)
    }

    /// Records an accepted order, and returns its id.
    ///
    /// # Panics
    /// When the response contains no order id.
    #[must_use]
    pub fn accepted(&self, answer: &ApiResponse) -> String {
        let id = answer.text("order_id");
        self.record(&id);
        id
    }

    /// The status of an order.
    pub async fn status(&self, order: &str) -> ApiResponse {
        self.get(&format!("/api/orders/{order}/status")).await
    }

    /// Waits until an order has ended, and returns its document.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn ended(&self, order: &str) -> ApiResponse {
        self.ended_within(order, ORDER_ENDS_WITHIN).await
    }

    async fn ended_within(&self, order: &str, limit: Duration) -> ApiResponse {
        let path = format!("/api/orders/{order}");
        until(&format!("order {order} has ended"), limit, async || {
            let answer = self.try_send(self.request(Method::GET, &path)).await.ok()?;
            let status = answer.body["status"].as_str().unwrap_or_default();
            ["completed", "cancelled", "stuck"].contains(&status).then_some(answer)
        })
        .await
    }

    /// Waits until all `orders` are completed.
    ///
    /// # Panics
    /// When an order ends otherwise, or does not end within `limit`.
    pub async fn all_complete(&self, orders: &[String], limit: Duration) {
        for order in orders {
            let answer = self.ended_within(order, limit).await;
            assert_eq!(answer.body["status"], "completed", "{answer:?}");
        }
    }

    /// The stock of a product: on hand, and reserved.
    ///
    /// # Panics
    /// When the shop does not respond.
    pub async fn stock(&self, product: &str) -> (i64, i64) {
        let answer = self.get(&format!("/api/inventory/{product}")).await;
        let count =
            |field: &str| answer.body[field].as_i64().unwrap_or_else(|| panic!("{answer:?}"));
        (count("on_hand"), count("reserved"))
    }

    /// The mails that reached `address`, oldest first.
    ///
    /// # Panics
    /// When the mail sink does not respond.
    pub async fn mails(&self, address: &str) -> Vec<Value> {
        self.try_mails(address).await.expect("the mail sink answers")
    }

    /// As [`Client::mails`], for when the mail sink may not be running.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn try_mails(&self, address: &str) -> reqwest::Result<Vec<Value>> {
        let url = format!("{}/api/mails", self.mails);
        let request = self.http.get(url).query(&[("to", address)]).timeout(REQUEST_TIMEOUT);
        request.send().await?.json().await
    }

    pub(crate) fn supplied(&self) -> BTreeMap<String, i64> {
        self.supplied.lock().expect("no holder panics").clone()
    }

    pub(crate) fn orders(&self) -> BTreeSet<String> {
        self.orders.lock().expect("no holder panics").clone()
    }
}
