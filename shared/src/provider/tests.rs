//! The provider's requests, as a server sees them.

use super::*;
use crate::domain::payment::{Charge, IntentStatus, RefundId, RefundStatus};
use crate::ports::{API_KEY, Failure, PREVIOUS_API_KEY};
use crate::testing::orders::euro;
use axum::extract::{Request, State};
use axum::http::HeaderMap as Headers;
use http_body_util::BodyExt;
use serde_json::json;
use std::sync::{Arc, Mutex};

#[derive(Clone)]
struct FakeSecrets(&'static [(&'static str, &'static str)]);

impl Secrets for FakeSecrets {
    async fn secret(&self, name: &str) -> Result<Secret> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        let found = found.ok_or_else(|| Failure::new("fake secrets", "read", "none"))?;
        Ok(Secret::new(found.1.to_owned()))
    }
}

/// A request: method, path and query; the idempotency key; the form.
type Asked = (String, Option<String>, String);

/// A provider that accepts only the key `good`, and the requests that it got.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Vec<Asked>>>);

impl Server {
    async fn start(&self) -> Url {
        let app = axum::Router::new().fallback(serve).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async { axum::serve(listener, app).await });
        base
    }

    fn asked(&self) -> Asked {
        self.0.lock().unwrap().pop().unwrap()
    }
}

async fn serve(State(server): State<Server>, request: Request) -> (StatusCode, axum::Json<Value>) {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let header = |headers: &Headers, name| Some(headers.get(name)?.to_str().unwrap().to_owned());
    let asked = (
        format!("{} {}", parts.method, parts.uri),
        header(&parts.headers, "idempotency-key"),
        String::from_utf8(body.to_vec()).unwrap(),
    );
    server.0.lock().unwrap().push(asked);
    if header(&parts.headers, "authorization").as_deref() != Some("Bearer good") {
        return (StatusCode::UNAUTHORIZED, axum::Json(json!({})));
    }
    let refund = json!({"id": "re_1", "status": "succeeded", "metadata": {"refund_id": "undo"}});
    let answer = match (parts.method.as_str(), parts.uri.path()) {
        ("GET", "/v1/refunds") => json!({"data": [refund]}),
        ("POST", "/v1/refunds") => refund,
        _ => json!({"id": "pi_1", "status": "requires_confirmation"}),
    };
    (StatusCode::OK, axum::Json(answer))
}

async fn provider(
    server: &Server,
    secrets: &'static [(&'static str, &'static str)],
) -> StripeProvider<FakeSecrets> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    StripeProvider::new(server.start().await, FakeSecrets(secrets))
}

fn request() -> IntentRequest {
    let order_id = "a".parse().unwrap();
    let payment_method = "pm_card_visa".to_owned().try_into().unwrap();
    let charge = Charge { order_id, amount: euro(500), payment_method };
    IntentRequest { payment_id: "p".parse().unwrap(), by: Owner::Order, charge }
}

#[tokio::test]
async fn an_intent_is_created_under_its_key_and_not_confirmed() {
    let server = Server::default();
    let provider = provider(&server, &[(API_KEY, "good")]).await;
    let created = provider.create(&request(), "create-p-0").await.unwrap();
    let intent = wire::done("create", created).unwrap();
    assert_eq!((intent.id.as_str(), intent.status), ("pi_1", IntentStatus::RequiresConfirmation));
    let (asked, key, form) = server.asked();
    assert_eq!((asked.as_str(), key.as_deref()), ("POST /v1/payment_intents", Some("create-p-0")));
    assert_eq!(
        form,
        "amount=500&currency=eur&payment_method=pm_card_visa\
         &automatic_payment_methods%5Benabled%5D=true\
         &automatic_payment_methods%5Ballow_redirects%5D=never\
         &metadata%5Border_id%5D=a&metadata%5Bpayment_id%5D=p"
    );
    let direct = IntentRequest { by: Owner::Caller, ..request() };
    provider.create(&direct, "create-p-0").await.unwrap();
    assert!(server.asked().2.contains("&metadata%5Breference%5D=a&"));
}

#[tokio::test]
async fn an_intent_is_confirmed_cancelled_and_read_by_its_id_without_a_key() {
    let server = Server::default();
    let provider = provider(&server, &[(API_KEY, "good")]).await;
    provider.confirm("pi_1").await.unwrap();
    assert_eq!(
        server.asked(),
        ("POST /v1/payment_intents/pi_1/confirm".into(), None, String::new())
    );
    provider.cancel("pi_1").await.unwrap();
    assert_eq!(
        server.asked(),
        ("POST /v1/payment_intents/pi_1/cancel".into(), None, String::new())
    );
    provider.read("pi_1").await.unwrap();
    assert_eq!(server.asked(), ("GET /v1/payment_intents/pi_1".into(), None, String::new()));
}

#[tokio::test]
async fn a_refund_is_asked_for_under_its_key_and_found_in_the_list() {
    let server = Server::default();
    let provider = provider(&server, &[(API_KEY, "good")]).await;
    let refund_id = RefundId::undo();
    let request = RefundRequest { intent: "pi_1".into(), refund_id, amount: euro(500) };
    provider.refund(&request, "refund-p-undo-0").await.unwrap();
    let form = "payment_intent=pi_1&amount=500&metadata%5Brefund_id%5D=undo".to_owned();
    assert_eq!(server.asked(), ("POST /v1/refunds".into(), Some("refund-p-undo-0".into()), form));
    let found = provider.refunds("pi_1").await.unwrap().remove(0);
    assert_eq!((found.refund_id.as_deref(), found.status), (Some("undo"), RefundStatus::Succeeded));
    assert_eq!(server.asked().0, "GET /v1/refunds?payment_intent=pi_1&limit=100");
}

#[tokio::test]
async fn the_previous_key_is_tried_when_the_current_one_is_rejected() {
    for (keys, calls) in
        [(&[(API_KEY, "good")] as &[_], 1), (&[(API_KEY, "new"), (PREVIOUS_API_KEY, "good")], 2)]
    {
        let server = Server::default();
        let provider = provider(&server, keys).await;
        assert!(matches!(provider.create(&request(), "k").await, Ok(ProviderAnswer::Done(_))));
        assert_eq!(server.0.lock().unwrap().len(), calls);
    }
}

#[tokio::test]
async fn rejected_credentials_fail_for_now() {
    for (keys, calls) in [
        (&[(API_KEY, "bad")] as &[_], 1),
        (&[(API_KEY, "bad"), (PREVIOUS_API_KEY, "bad")], 1),
        (&[(API_KEY, "bad"), (PREVIOUS_API_KEY, "worse")], 2),
    ] {
        let server = Server::default();
        let provider = provider(&server, keys).await;
        assert!(provider.create(&request(), "k").await.is_err());
        assert_eq!(server.0.lock().unwrap().len(), calls);
    }
}
