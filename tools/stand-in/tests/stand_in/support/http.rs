//! Calls over HTTP.

use super::program::TIMEOUT;
use axum::body::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, ClientBuilder, Method, RequestBuilder};
use serde_json::Value;
use std::net::SocketAddr;

/// A response, read in full.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    /// The body as JSON; null if it is not JSON.
    pub(crate) body: Value,
}

/// A client without a proxy.
pub(crate) fn client() -> ClientBuilder {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().timeout(TIMEOUT)
}

/// A request to `path` at `address`.
pub(crate) fn request(address: SocketAddr, method: &str, path: &str) -> RequestBuilder {
    let method = Method::from_bytes(method.as_bytes()).expect("the method is valid");
    let client = client().build().expect("the client is valid");
    client.request(method, format!("http://{address}{path}"))
}

/// Calls `path` with a body of JSON, or an empty one.
pub(crate) async fn call(address: SocketAddr, method: &str, path: &str, body: &str) -> ApiResponse {
    let request = request(address, method, path).header(CONTENT_TYPE, "application/json");
    ApiResponse::to(request.body(body.to_owned())).await
}

/// Asserts that a page is one whose scripts browsers do not run.
pub(crate) fn assert_runs_nothing(page: &ApiResponse) {
    assert!(!page.page().contains("<script"), "{}", page.page());
    for (header, value) in [
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("content-type", "text/html"),
    ] {
        assert!(page.header(header).starts_with(value), "{:?}", page.headers);
    }
}

impl ApiResponse {
    pub(crate) fn new(status: u16, headers: HeaderMap, bytes: Bytes) -> Self {
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Self { status, headers, bytes, body }
    }

    /// Sends a request, which must get a response.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("the program responds");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self::new(status, headers, response.bytes().await.expect("the response is complete"))
    }

    /// The body as text.
    pub(crate) fn page(&self) -> &str {
        str::from_utf8(&self.bytes).expect("the response is text")
    }

    /// The string at a JSON pointer; empty if there is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The status, and the string at a JSON pointer.
    pub(crate) fn status_and(&self, pointer: &str) -> (u16, &str) {
        (self.status, self.text(pointer))
    }

    /// The value of a header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
