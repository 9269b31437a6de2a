//! The conformance check of every function.

use crate::host::Service;
use crate::host::router::with_middleware;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

/// Asserts that a function is healthy and responds with a problem to what it does not serve: another
/// path, another method, and for each of `takes_json`, such as `POST /api/orders`, a body that is not
/// JSON, is not declared as JSON, is too large, or lacks all required fields.
///
/// # Panics
/// When one of these does not hold.
pub async fn conforms(service: impl Into<Service>, takes_json: &[&str], takes_none: &[&str]) {
    let router = with_middleware(service.into(), String::new(), || async { true });
    assert_eq!(status(&router, "GET /healthz", "", "").await, StatusCode::OK);
    assert_problem(&router, "GET /no/such/path", "", "", (404, "unknown-route")).await;
    for route in takes_json.iter().chain(takes_none) {
        let (_, path) = split(route);
        let another = format!("TRACE {path}");
        assert_problem(&router, &another, "", "", (405, "method-not-allowed")).await;
    }
    for route in takes_json {
        let json = "application/json";
        let large = format!("\"{}\"", "x".repeat(300 * 1024));
        assert_problem(&router, route, "text/plain", "{}", (415, "unsupported-media-type")).await;
        assert_problem(&router, route, json, "{", (400, "malformed-json")).await;
        assert_problem(&router, route, json, &large, (413, "body-too-large")).await;
        assert_problem(&router, route, json, r#"{"surprise": 1}"#, (422, "invalid-request")).await;
    }
}

/// Sends a request to a function as it is served, and returns the status and the JSON of the response.
///
/// # Panics
/// When `route` or a response is malformed.
pub async fn send(service: impl Into<Service>, route: &str, body: &Value) -> (StatusCode, Value) {
    send_with(service, route, &[], body).await
}

/// Like [`send`], with headers.
///
/// # Panics
/// As in [`send`].
pub async fn send_with(
    service: impl Into<Service>,
    route: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> (StatusCode, Value) {
    let router = with_middleware(service.into(), String::new(), || async { true });
    let (method, path) = split(route);
    let request = Request::builder().method(method).uri(path);
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let request =
        request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()));
    let response = router.oneshot(request.expect("the request is well formed")).await;
    let response = response.expect("a router does not fail");
    let status = response.status();
    let body = response.into_body().collect().await.expect("the body is in memory").to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn assert_problem(
    router: &Router,
    route: &str,
    kind: &str,
    body: &str,
    expected: (u16, &str),
) {
    let response = send_raw(router, route, kind, body).await;
    let status = response.status().as_u16();
    let declared = response.headers().get(header::CONTENT_TYPE).cloned();
    let body = response.into_body().collect().await.expect("the body is in memory").to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = (status, problem["code"].as_str().unwrap_or("no problem"));
    assert_eq!(answer, expected, "{route} with {kind}: {problem}");
    assert_eq!(
        declared.as_ref().map(HeaderValue::as_bytes),
        Some(&b"application/problem+json"[..])
    );
}

async fn status(router: &Router, route: &str, kind: &str, body: &str) -> StatusCode {
    send_raw(router, route, kind, body).await.status()
}

async fn send_raw(router: &Router, route: &str, kind: &str, body: &str) -> Response<Body> {
    let (method, path) = split(route);
    let mut request = Request::builder().method(method).uri(path);
    if !kind.is_empty() {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let request = request.body(Body::from(body.to_owned())).expect("the request is well formed");
    router.clone().oneshot(request).await.expect("a router does not fail")
}

fn split(route: &str) -> (&str, &str) {
    route.split_once(' ').expect("a route is a method and a path")
}
