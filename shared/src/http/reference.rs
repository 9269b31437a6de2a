//! The description of the public API, for everybody: `GET /openapi.json` for tools, `GET /docs` to read.

use super::openapi;
use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use std::sync::Arc;

/// How long clients may cache the description before they revalidate it by its `ETag`.
const CACHED: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A text that stays the same while the process lives.
struct Served {
    text: String,
    tag: HeaderValue,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Serves the description.
pub fn routes() -> Router {
    let page = openapi::page();
    let policy = HeaderValue::try_from(page.policy).expect("a policy is visible ASCII");
    let document = format!("{:#}\n", openapi::document());
    Router::new()
        .route("/openapi.json", serving(document, "application/json", None))
        .route("/docs", serving(page.html, "text/html; charset=utf-8", Some(policy)))
}

fn serving(
    text: String,
    kind: &'static str,
    policy: Option<HeaderValue>,
) -> axum::routing::MethodRouter {
    let digest = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()));
    let tag = HeaderValue::try_from(format!("\"{digest}\"")).expect("a digest is visible ASCII");
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let policy = policy.map(|policy| (header::CONTENT_SECURITY_POLICY, policy));
    let text = Arc::new(Served { text, tag, headers: [kind].into_iter().chain(policy).collect() });
    get(async move |headers: HeaderMap| text.answer(&headers))
}

impl Served {
    fn answer(&self, asked: &HeaderMap) -> Response {
        let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|tags| self.is_among(tags));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.text.clone().into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, CACHED);
        headers.insert(header::ETAG, self.tag.clone());
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        response
    }

    /// Weak comparison suffices here
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
    fn is_among(&self, tags: &HeaderValue) -> bool {
        let mut tags = tags.to_str().unwrap_or_default().split(',').map(str::trim);
        tags.any(|tag| tag == "*" || self.tag == tag.trim_start_matches("W/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    async fn get(path: &str, tag: Option<&HeaderValue>) -> Response {
        let request = Request::get(path);
        let request = tag.into_iter().fold(request, |it, tag| it.header("if-none-match", tag));
        routes().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn the_document_is_served_unless_the_client_has_it() {
        let answer = get("/openapi.json", None).await;
        let kinds: Vec<_> = answer.headers().get_all("content-type").iter().collect();
        assert_eq!(kinds, ["application/json"]);
        let tag = answer.headers()["etag"].clone();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let document: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(document, openapi::document());
        let again = get("/openapi.json", Some(&tag)).await;
        assert_eq!((again.status().as_u16(), &again.headers()["etag"]), (304, &tag));
        let other = get("/openapi.json", Some(&HeaderValue::from_static("\"x\""))).await;
        assert_eq!(other.status(), 200);
    }

    #[tokio::test]
    async fn the_page_has_a_content_security_policy_of_its_own() {
        let answer = get("/docs", None).await;
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }
}
