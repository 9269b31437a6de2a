//! Which requests are served, and which are rejected for now.

use super::*;
use axum::Router;
use axum::body::Body;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::any;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use tokio::sync::Notify;
use tower::ServiceExt;

const ALLOWED: Allowed =
    Allowed { per_caller: None, per_address: None, proxies: 1, requests: 4, waits: 1 };

type Pending = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A router whose requests wait until they are released.
struct Api {
    router: Router,
    release: Arc<Notify>,
}

impl Api {
    fn new(allowed: Allowed) -> Self {
        let release = Arc::new(Notify::new());
        let (limits, wait) = (Limits::from(allowed), release.clone());
        let answer = async move |request: Request| {
            wait.notified().await;
            request.headers().contains_key(Prefer::HEADER).to_string()
        };
        let named = async |mut request: Request, next: Next| {
            let caller = request.headers().get("caller").map(|it| it.to_str().unwrap().parse());
            caller
                .map(|caller: Result<Caller, _>| request.extensions_mut().insert(caller.unwrap()));
            next.run(request).await
        };
        let router = Router::new()
            .route("/", any(answer))
            .layer(from_fn_with_state(limits.clone(), admitted))
            .layer(from_fn_with_state(limits.clone(), by_caller))
            .layer(from_fn(named))
            .layer(from_fn_with_state(limits, by_address));
        Self { router, release }
    }

    /// Sends a request: the pending answer, or the response if there is one already.
    async fn send(&self, method: Method, headers: &[(&str, &str)]) -> Result<Pending, Response> {
        let request = axum::http::Request::builder().method(method).uri("/");
        let request = headers.iter().fold(request, |it, (name, value)| it.header(*name, *value));
        let answer = self.router.clone().oneshot(request.body(Body::empty()).unwrap());
        let mut answer: Pending = Box::pin(async { answer.await.unwrap() });
        let early = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await;
        if let Poll::Ready(response) = early { Err(response) } else { Ok(answer) }
    }
}

#[tokio::test]
async fn requests_beyond_the_limit_are_rejected_immediately_and_writes_keep_their_share() {
    let api = Api::new(ALLOWED);
    let mut under_way = Vec::new();
    for method in [Method::GET, Method::GET, Method::HEAD, Method::POST] {
        under_way.push(api.send(method.clone(), &[]).await.unwrap());
        if under_way.len() == 3 {
            assert!(api.send(Method::GET, &[]).await.is_err(), "one place is for writes");
        }
    }
    let refused = api.send(Method::POST, &[("prefer", "wait=5")]).await.err().unwrap();
    assert_eq!(refused.status(), 503);
    let after: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3).contains(&after));
    api.release.notify_waiters();
    for answer in under_way {
        assert_eq!(answer.await.status(), 200);
    }
    assert!(api.send(Method::GET, &[]).await.is_ok());
}

#[tokio::test]
async fn waits_for_orders_have_a_limit_of_their_own_and_do_not_wait_beyond_it() {
    let api = Api::new(ALLOWED);
    let wait = [("prefer", "wait=5")];
    let waits = api.send(Method::POST, &wait).await.unwrap();
    let beyond = api.send(Method::POST, &wait).await.unwrap();
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(api.send(Method::POST, &[]).await.unwrap());
    }
    assert!(api.send(Method::POST, &[]).await.is_err());
    api.release.notify_waiters();
    for (answer, preferred) in [(waits, "true"), (beyond, "false")] {
        let body = axum::body::to_bytes(answer.await.into_body(), 9).await.unwrap();
        assert_eq!(body, preferred);
    }
}

#[tokio::test]
async fn each_caller_and_each_address_has_an_allowance() {
    let (per_caller, per_address) = (NonZeroU32::new(1), NonZeroU32::new(3));
    let api = Api::new(Allowed { per_caller, per_address, ..ALLOWED });
    let asked = async |caller: &str, address: &str| {
        let headers = [("caller", caller), ("x-forwarded-for", address)];
        match api.send(Method::POST, &headers).await {
            Err(refused) => refused,
            Ok(answer) => {
                let mut answer = pin!(answer);
                api.release.notify_waiters();
                answer.as_mut().await
            }
        }
    };
    let first = asked("ann orders", "1.1.1.1").await;
    assert_eq!(first.status(), 200);
    let policies: Vec<_> = first.headers().get_all("ratelimit-policy").iter().collect();
    assert_eq!(policies, [r#""caller";q=1;w=60"#, r#""address";q=3;w=60"#]);
    let again = asked("ann orders", "1.1.1.1").await;
    assert_eq!(
        (again.status().as_u16(), &again.headers()["retry-after"]),
        (429, &"60".parse().unwrap())
    );
    assert_eq!(asked("bob orders", "1.1.1.1").await.status(), 200);
    assert_eq!(asked("cat orders", "1.1.1.1").await.status(), 429);
    assert_eq!(asked("cat orders", "1.1.1.2").await.status(), 200);
}
