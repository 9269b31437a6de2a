//! Who may use the controls: pages of the gateway, and programs on this machine.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use tower_http::cors::{AllowOrigin, CorsLayer};

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 1024;

/// The names by which requests may address this server, and the origins that may send them.
#[derive(Debug)]
struct Known {
    hosts: Vec<String>,
    origins: Vec<String>,
}

/// `router`, which serves requests at the loopback address and `port` only, and pages of the origin `gateway` only.
/// The check of the host keeps out pages whose name is made to resolve to this machine.
pub(super) fn guarded(router: Router, port: u16, gateway: &str) -> Router {
    let hosts = vec![format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let origins = vec![gateway.to_owned(), gateway.replace("127.0.0.1", "localhost")];
    let allowed = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(allowed))
        .allow_methods([Method::GET, Method::PUT, Method::DELETE])
        .allow_headers([CONTENT_TYPE]);
    let known = Arc::new(Known { hosts, origins });
    router
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(cors)
        .layer(from_fn_with_state(known, check))
}

async fn check(State(known): State<Arc<Known>>, request: Request, next: Next) -> Response {
    if known.allows(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "only the shop's own page may ask").into_response()
    }
}

impl Known {
    fn allows(&self, headers: &HeaderMap) -> bool {
        let is_one_of = |name: HeaderName, allowed: &[String]| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.is_some_and(|value| allowed.iter().any(|allowed| allowed == value))
        };
        let of_page = !headers.contains_key(ORIGIN) || is_one_of(ORIGIN, &self.origins);
        is_one_of(HOST, &self.hosts) && of_page
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
    use axum::routing::put;
    use tower::ServiceExt;

    async fn sent(method: Method, headers: &[(HeaderName, &str)], body: String) -> Response {
        let router = Router::new().route("/", put(async |_: String| "done"));
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        guarded(router, 8092, "http://127.0.0.1:8000").oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn pages_of_the_gateway_and_local_programs_may_ask_and_nobody_else() {
        for (host, origin, expected) in [
            (Some("127.0.0.1:8092"), None, 200),
            (Some("localhost:8092"), Some("http://localhost:8000"), 200),
            (Some("127.0.0.1:8092"), Some("http://127.0.0.1:8000"), 200),
            (Some("127.0.0.1:8092"), Some("http://127.0.0.1:8001"), 403),
            (Some("127.0.0.1:8092"), Some("https://shop.example"), 403),
            (Some("127.0.0.1:8092"), Some("null"), 403),
            (Some("shop.example:8092"), None, 403),
            (Some("127.0.0.1:8000"), None, 403),
            (None, None, 403),
        ] {
            let headers = host.map(|host| (HOST, host)).into_iter();
            let headers: Vec<_> = headers.chain(origin.map(|it| (ORIGIN, it))).collect();
            let response = sent(Method::PUT, &headers, String::new()).await;
            assert_eq!(response.status().as_u16(), expected, "{host:?} {origin:?}");
            let allowed = response.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN);
            let expected = origin.filter(|_| expected == 200);
            assert_eq!(allowed.map(|it| it.to_str().unwrap()), expected, "{host:?} {origin:?}");
        }
    }

    #[tokio::test]
    async fn a_body_is_bounded() {
        let host = [(HOST, "127.0.0.1:8092")];
        let large = "x".repeat(MAX_BODY_BYTES + 1);
        assert_eq!(sent(Method::PUT, &host, large).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    }
}
