//! Responses of functions, and the calls that are repeated.

use super::*;
use crate::http::Problem;
use crate::ports::{Chain, Error};
use axum::Router;
use axum::http::HeaderValue;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;

fn answer(status: u16, kind: &'static str, body: &str) -> FunctionResponse {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    FunctionResponse(response)
}

fn failure(answer: &FunctionResponse) -> String {
    match answer.read::<Value>("stock") {
        Err(Error::Failed(failure)) => Chain(&failure).to_string(),
        other => panic!("{other:?} is not a failure"),
    }
}

#[test]
fn a_refusal_is_read_from_the_problem_that_carries_it() {
    let problem = Problem::from(Refusal::PaymentVoided).document().to_string();
    let read = answer(409, PROBLEM, &problem).read::<Value>("process-payment");
    assert!(matches!(read, Err(Error::Refused(Refusal::PaymentVoided))), "{read:?}");
    // The same from another server.
    assert!(failure(&answer(409, "application/json", &problem)).contains("409"));
}

#[test]
fn any_other_answer_is_a_failure_that_quotes_its_status() {
    let timeout = json!({"type": "timeout", "status": 503}).to_string();
    assert!(failure(&answer(503, PROBLEM, &timeout)).contains("timeout"));
    assert!(failure(&answer(500, "text/plain", "dial tcp: refused")).contains("dial tcp"));
    assert!(failure(&answer(200, "application/json", "{")).contains("stock"));
    let long = "x".repeat(10_000);
    assert!(failure(&answer(500, "text/plain", &long)).len() < 500);
}

#[tokio::test]
async fn a_function_that_has_moved_is_called_again_once() {
    let lost = "failed to invoke: transport: Error while dialing: connection refused";
    for (first, asked, status) in
        [((500, lost), 2, Some(200)), ((500, "the app failed"), 1, None), ((431, ""), 1, None)]
    {
        let (url, count) = sidecar(first).await;
        let invocation = Invocation::new(reqwest::Client::new(), &url);
        let request = Request::post("/api/orders").body(Bytes::from("{}")).unwrap();
        let answer = invocation.forward("create-order", request).await.ok();
        assert_eq!(answer.map(|answer| answer.status().as_u16()), status);
        assert_eq!(count.load(Ordering::Relaxed), asked);
    }
}

/// A sidecar that returns the error `first`, then succeeds; and its number of requests.
async fn sidecar((status, first): (u16, &'static str)) -> (String, Arc<AtomicUsize>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let asked = count.clone();
    let answer = async move || match asked.fetch_add(1, Ordering::Relaxed) {
        0 => (StatusCode::from_u16(status).unwrap(), first),
        _ => (StatusCode::OK, "{}"),
    };
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    (url, count)
}

#[test]
fn a_problem_is_known_by_its_code() {
    let problem = json!({"type": "https://a.example/b", "code": "overloaded"}).to_string();
    let is = |media: &'static str, body: &str, kind| answer(503, media, body).is(kind);
    assert!(is(PROBLEM, &problem, Kind::Overloaded) && !is(PROBLEM, &problem, Kind::Timeout));
    assert!(!is("application/json", &problem, Kind::Overloaded));
    assert!(!is(PROBLEM, "nonsense", Kind::Overloaded));
}

#[test]
fn the_body_of_a_success_is_read_only_where_it_is_needed() {
    let answer = answer(200, "application/json", "[1]");
    assert_eq!(answer.read::<Vec<u8>>("stock").unwrap(), [1]);
    assert!(answer.check("stock").is_ok());
}

#[test]
fn a_refusal_of_a_later_version_is_a_refusal() {
    let later = json!({"type": "moon-too-full", "status": 409}).to_string();
    let Err(Error::Refused(refusal)) = answer(409, PROBLEM, &later).check("stock") else {
        panic!()
    };
    assert_eq!(refusal.to_string(), "it was refused (moon-too-full)");
    assert!(failure(&answer(422, PROBLEM, &later)).contains("moon-too-full"));
}
