//! A fake of Cosmos DB's REST API for the tests of this module: strict, and limited to what they need.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The token that it accepts.
pub(super) const TOKEN: &str = "good-token";

/// What a query must say about itself.
const HEADERS: [(&str, &str); 5] = [
    ("content-type", "application/query+json"),
    ("x-ms-version", "2018-12-31"),
    ("x-ms-documentdb-isquery", "True"),
    ("x-ms-documentdb-query-enablecrosspartition", "True"),
    ("x-ms-max-item-count", "100"),
];

type Pages = Arc<Vec<Vec<String>>>;

/// Starts an account whose container `orders` has these pages of keys, and returns its address.
pub(super) async fn start(pages: &[&[&str]]) -> String {
    let owned = |page: &&[&str]| page.iter().map(|key| (*key).to_owned()).collect();
    let pages: Pages = Arc::new(pages.iter().map(owned).collect());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    let address = format!("http://{}/", listener.local_addr().expect("it listens"));
    let router = Router::new().fallback(answer).with_state(pages);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn header<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name).and_then(|value| value.to_str().ok())
}

async fn answer(State(pages): State<Pages>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("the body arrives");
    let shown = format!("type%3Daad%26ver%3D1.0%26sig%3D{TOKEN}");
    if header(&parts, "authorization") != Some(&shown) {
        return (StatusCode::FORBIDDEN, "Request blocked by Auth").into_response();
    }
    for (name, wanted) in HEADERS {
        assert_eq!(header(&parts, name), Some(wanted), "{name}");
    }
    assert!(header(&parts, "x-ms-date").is_some_and(|date| date.ends_with(" GMT")));
    let query: Value = serde_json::from_slice(&body).expect("a query is JSON");
    assert_eq!(query, json!({"query": "SELECT c.id FROM c", "parameters": []}));
    assert_eq!(parts.method, Method::POST);
    if parts.uri.path() != "/dbs/saga-shop/colls/orders/docs" {
        return (StatusCode::NOT_FOUND, "Owner resource does not exist").into_response();
    }
    page(&pages, header(&parts, "x-ms-continuation"))
}

fn page(pages: &[Vec<String>], place: Option<&str>) -> Response {
    let number = |place: &str| place.strip_prefix("page ").and_then(|it| it.parse().ok());
    let number: usize = place.map_or(0, |place| number(place).expect("it is a place that it gave"));
    let documents: Vec<_> = pages[number].iter().map(|id| json!({"id": id})).collect();
    let body = json!({"_rid": "x", "_count": documents.len(), "Documents": documents});
    let next = number + 1;
    if next == pages.len() {
        return axum::Json(body).into_response();
    }
    ([("x-ms-continuation", format!("page {next}"))], axum::Json(body)).into_response()
}
