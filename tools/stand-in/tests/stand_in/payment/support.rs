//! A caller of the simulator in the same process.

use crate::support::ApiResponse;
use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stand_in::payment::{FaultPlan, Ledger, app};
use tower::ServiceExt;

pub(crate) const KEY: &str = "sk_test_0123456789abcdef";

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

/// An intent of 12.50 EUR that is not confirmed.
pub(crate) const INTENT: &str = "amount=1250&currency=eur&metadata%5Border_id%5D=order-1\
                                 &automatic_payment_methods%5Benabled%5D=true\
                                 &automatic_payment_methods%5Ballow_redirects%5D=never";

/// A charge of 12.50 EUR that succeeds.
pub(crate) const CHARGE: &str = "amount=1250&currency=eur&payment_method=pm_card_visa&confirm=true\
                                 &metadata%5Border_id%5D=order-1\
                                 &automatic_payment_methods%5Benabled%5D=true\
                                 &automatic_payment_methods%5Ballow_redirects%5D=never";

/// The same charge, declined.
pub(crate) const DECLINED: &str = "amount=1250&currency=eur&payment_method=pm_card_chargeDeclined\
                                   &confirm=true&metadata%5Border_id%5D=order-1\
                                   &automatic_payment_methods%5Benabled%5D=true\
                                   &automatic_payment_methods%5Ballow_redirects%5D=never";

#[derive(Clone)]
pub(crate) struct Caller(Router);

impl ApiResponse {
    /// Whether it is the saved response of an idempotency key.
    pub(crate) fn replayed(&self) -> bool {
        self.header("idempotent-replayed") == "true"
    }
}

impl Caller {
    pub(crate) fn new() -> Self {
        Self(app(KEY.parse().expect("the key is printable")))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> ApiResponse {
        let response = self.0.clone().oneshot(request).await.expect("a router cannot fail");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("the body is in memory").to_bytes();
        ApiResponse::new(parts.status.as_u16(), parts.headers, bytes)
    }

    pub(crate) async fn post(&self, path: &str, key: Option<&str>, form: &str) -> ApiResponse {
        let mut request = Request::post(path)
            .header(AUTHORIZATION, format!("Bearer {KEY}"))
            .header(CONTENT_TYPE, FORM);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        self.send(request.body(form.to_owned().into()).expect("the request is well formed")).await
    }

    pub(crate) async fn charge(&self, form: &str) -> ApiResponse {
        self.post("/v1/payment_intents", None, form).await
    }

    pub(crate) async fn charge_once(&self, key: &str, form: &str) -> ApiResponse {
        self.post("/v1/payment_intents", Some(key), form).await
    }

    pub(crate) async fn refund(&self, form: &str) -> ApiResponse {
        self.post("/v1/refunds", None, form).await
    }

    /// A charge that must succeed; its intent's id.
    pub(crate) async fn charged(&self) -> String {
        let answer = self.charge(CHARGE).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("/id").to_owned()
    }

    /// An intent that is created without being confirmed; its id.
    pub(crate) async fn created(&self) -> String {
        let answer = self.charge(INTENT).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.text("/id").to_owned()
    }

    pub(crate) async fn confirm(&self, intent: &str, form: &str) -> ApiResponse {
        self.post(&format!("/v1/payment_intents/{intent}/confirm"), None, form).await
    }

    pub(crate) async fn cancel(&self, intent: &str) -> ApiResponse {
        self.post(&format!("/v1/payment_intents/{intent}/cancel"), None, "").await
    }

    pub(crate) async fn read(&self, intent: &str) -> ApiResponse {
        self.get(&format!("/v1/payment_intents/{intent}")).await
    }

    pub(crate) async fn status(&self, intent: &str) -> String {
        self.read(intent).await.text("/status").to_owned()
    }

    /// Calls a control path with a body of JSON, or an empty one.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> ApiResponse {
        let request = Request::builder().method(method).uri(format!("/control/{path}"));
        let request = request.header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).expect("the request is well formed")).await
    }

    pub(crate) async fn settlement(&self, plan: Value) {
        let answer = self.control(Method::PUT, "settlement", &plan).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// Advances the simulator's clock.
    pub(crate) async fn advance(&self, seconds: u64) {
        let body = json!({ "advance_seconds": seconds });
        let answer = self.control(Method::POST, "clock", &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        let request = Request::get(path).header(AUTHORIZATION, format!("Bearer {KEY}"));
        self.send(request.body(Body::empty()).expect("the request is well formed")).await
    }

    pub(crate) async fn put_faults(&self, json: String) -> ApiResponse {
        let request = Request::put("/control/faults").header(CONTENT_TYPE, "application/json");
        self.send(request.body(json.into()).expect("the request is well formed")).await
    }

    pub(crate) async fn fault(&self, plan: FaultPlan) {
        let json = serde_json::to_string(&plan).expect("a plan is JSON");
        let answer = self.put_faults(json).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    pub(crate) async fn ledger(&self) -> Ledger {
        let request = Request::get("/control/ledger").body(Body::empty());
        let answer = self.send(request.expect("the request is well formed")).await;
        serde_json::from_value(answer.body).expect("the response is a ledger")
    }
}
