//! A fake of Service Bus's REST API for the tests of this module: strict, and limited to what they need.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::TcpListener;

/// The token that it accepts.
pub(super) const TOKEN: &str = "good-token";

/// A namespace: its letters, and the requests that it received.
#[derive(Clone, Default)]
pub(super) struct FakeBus(Arc<Mutex<Namespace>>);

#[derive(Default)]
struct Namespace {
    letters: BTreeMap<String, Vec<Letter>>,
    sent: Vec<(String, String, Value)>,
    locks: u64,
    asked: Vec<Method>,
    fails: Option<(Method, StatusCode)>,
}

struct Letter {
    number: u64,
    body: String,
    lock: Option<String>,
}

impl FakeBus {
    /// A namespace with these dead-letter topics, and its address.
    pub(super) async fn start(dead_topics: &[&str]) -> (Self, String) {
        let bus = Self::default();
        let letters = dead_topics.iter().map(|topic| ((*topic).to_owned(), Vec::new()));
        bus.locked().letters = letters.collect();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
        let address = format!("http://{}/", listener.local_addr().expect("it listens"));
        let router = Router::new().fallback(answer).with_state(bus.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (bus, address)
    }

    fn locked(&self) -> MutexGuard<'_, Namespace> {
        self.0.lock().expect("not poisoned")
    }

    pub(super) fn add(&self, dead_topic: &str, number: u64, body: &str) {
        let letter = Letter { number, body: body.to_owned(), lock: None };
        self.locked().letters.get_mut(dead_topic).expect("the topic is there").push(letter);
    }

    /// Makes every lock expire.
    pub(super) fn expire_locks(&self) {
        self.locked().letters.values_mut().flatten().for_each(|letter| letter.lock = None);
    }

    /// From now on, responds to requests with this method with this status.
    pub(super) fn fail(&self, method: Method, status: StatusCode) {
        self.locked().fails = Some((method, status));
    }

    /// The numbers of the letters, and whether each is locked.
    pub(super) fn letters(&self) -> Vec<(u64, bool)> {
        let namespace = self.locked();
        let letters = namespace.letters.values().flatten();
        letters.map(|letter| (letter.number, letter.lock.is_some())).collect()
    }

    /// The published messages: topic, message id and body.
    pub(super) fn sent(&self) -> Vec<(String, String, Value)> {
        self.locked().sent.clone()
    }

    /// The number of requests with this method.
    pub(super) fn asked(&self, method: &Method) -> usize {
        self.locked().asked.iter().filter(|asked| *asked == method).count()
    }
}

async fn answer(State(bus): State<FakeBus>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("the body arrives");
    let mut namespace = bus.locked();
    namespace.asked.push(parts.method.clone());
    if parts.headers.get("authorization").is_none_or(|token| token != &format!("Bearer {TOKEN}")) {
        return (StatusCode::UNAUTHORIZED, "401: InvalidIssuer").into_response();
    }
    if let Some((_, status)) = namespace.fails.as_ref().filter(|(fails, _)| *fails == parts.method)
    {
        return (*status, "<Error><Code>it fails</Code></Error>").into_response();
    }
    // A dead-letter queue of Service Bus is represented by a topic.
    let path =
        parts.uri.path().replace("/$DeadLetterQueue/", "-abandoned/subscriptions/dead-letters/");
    let path = match path.split_once("-abandoned/") {
        Some((queue, rest)) => {
            format!("{}-abandoned/{rest}", queue.replace("/subscriptions/", "-"))
        }
        None => path,
    };
    let path: Vec<&str> = path.split('/').skip(1).collect();
    match (parts.method.as_str(), path.as_slice()) {
        ("POST", [topic, "subscriptions", "dead-letters", "messages", "head"]) => {
            assert_eq!(parts.uri.query(), Some("timeout=1"), "the wait has a bound");
            namespace.lock_next(topic)
        }
        ("POST", [topic, "messages"]) => {
            let properties = parts.headers.get("brokerproperties").expect("it has properties");
            namespace.publish(topic, properties.as_bytes(), &body)
        }
        (method, [topic, "subscriptions", "dead-letters", "messages", number, lock]) => {
            namespace.settle(method, topic, number, lock)
        }
        _ => StatusCode::BAD_REQUEST.into_response(),
    }
}

impl Namespace {
    fn lock_next(&mut self, topic: &str) -> Response {
        let Some(letters) = self.letters.get_mut(topic) else {
            return StatusCode::GONE.into_response();
        };
        let Some(letter) = letters.iter_mut().find(|letter| letter.lock.is_none()) else {
            return StatusCode::NO_CONTENT.into_response();
        };
        self.locks += 1;
        let lock = format!("lock-{}", self.locks);
        letter.lock = Some(lock.clone());
        let properties =
            json!({"LockToken": lock, "SequenceNumber": letter.number, "DeliveryCount": 1});
        let properties = [("BrokerProperties", properties.to_string())];
        (StatusCode::CREATED, properties, letter.body.clone()).into_response()
    }

    fn publish(&mut self, topic: &str, properties: &[u8], body: &[u8]) -> Response {
        let properties: Value = serde_json::from_slice(properties).expect("properties are JSON");
        let id = properties["MessageId"].as_str().expect("it has an id").to_owned();
        let body = serde_json::from_slice(body).expect("the tests send JSON");
        // Duplicate detection drops a known message, with the same answer.
        if self.sent.iter().all(|(to, known, _)| to != topic || *known != id) {
            self.sent.push((topic.to_owned(), id, body));
        }
        StatusCode::CREATED.into_response()
    }

    fn settle(&mut self, method: &str, topic: &str, number: &str, lock: &str) -> Response {
        let letters = self.letters.get_mut(topic).expect("the topic is there");
        let locked = |letter: &Letter| {
            letter.number.to_string() == number && letter.lock.as_deref() == Some(lock)
        };
        let Some(found) = letters.iter().position(locked) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        match method {
            "POST" => {}
            "PUT" => letters[found].lock = None,
            "DELETE" => drop(letters.remove(found)),
            _ => return StatusCode::METHOD_NOT_ALLOWED.into_response(),
        }
        StatusCode::OK.into_response()
    }
}
