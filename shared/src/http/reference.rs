//! The description of the public API, for everyone: `GET /openapi.json` for tools, `GET /docs` for people.

use super::embedded::Embedded;
use super::openapi;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::routing::{MethodRouter, get};

/// How long clients may cache the description before they revalidate it by its `ETag`.
const CACHED: &str = "public, max-age=300";

/// Serves the description.
///
/// # Panics
/// Never: a policy is visible ASCII.
pub fn routes() -> Router {
    let page = openapi::page();
    let policy = HeaderValue::try_from(page.policy).expect("a policy is visible ASCII");
    let policy = (header::CONTENT_SECURITY_POLICY, policy);
    let document = format!("{:#}\n", openapi::document());
    Router::new()
        .route("/openapi.json", serving(Embedded::new(document, "application/json", CACHED)))
        .route(
            "/docs",
            serving(Embedded::new(page.html, "text/html; charset=utf-8", CACHED).with([policy])),
        )
}

fn serving(text: Embedded) -> MethodRouter {
    get(async move |headers: HeaderMap| text.answer(&headers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use axum::response::Response;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn get(path: &str) -> Response {
        let request = Request::get(path).body(Body::empty()).unwrap();
        routes().oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn the_document_is_served() {
        let answer = get("/openapi.json").await;
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.headers()["cache-control"], CACHED);
        assert!(answer.headers().contains_key("etag"));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document, openapi::document());
    }

    #[tokio::test]
    async fn the_page_has_a_content_security_policy_of_its_own() {
        let answer = get("/docs").await;
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }
}
