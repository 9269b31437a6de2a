//! What every function's router gets: health, problems for what it does not serve, bounds, and a
//! check that the caller is its sidecar.

mod headers;

use self::headers::{cors, with_common_headers};
use super::Service;
use crate::http::caller::FromSidecar;
use crate::http::extract::MAX_BODY_BYTES;
use crate::http::{Kind, Problem, events, paths};
use crate::observe;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::any::Any;
use std::future::Future;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;
use tracing::Span;

/// The longest that a request may take: longer than an invocation, shorter than the drain.
const REQUEST_DEADLINE: Duration = Duration::from_secs(12);

/// The header in which the sidecar shows its token.
const TOKEN_HEADER: &str = "dapr-api-token";

/// The router of `service` as it is served; `token` is what its sidecar must present, if anything,
/// and `ready` says whether the function can do its work.
pub(crate) fn with_middleware<F>(
    service: Service,
    token: String,
    ready: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = bool> + Send,
{
    let (mut routes, public) = (service.router, service.public);
    routes = routes.fallback(unknown_route).method_not_allowed_fallback(wrong_method);
    if !public && !token.is_empty() {
        routes = routes.layer(from_fn_with_state(token, from_sidecar));
    }
    let mut routes = routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(enforce_timeout))
        .layer(from_fn(with_common_headers));
    if !service.origins.is_empty() {
        routes = routes.layer(cors(service.origins));
    }
    let served = routes
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
        .route("/healthz", get(StatusCode::OK))
        .route("/readyz", get(move || readiness(ready)))
        .method_not_allowed_fallback(wrong_method);
    if public { with_normal_paths(served) } else { served }
}

/// Routes are found before layers run; so `router` is within another one, whose layers run before.
fn with_normal_paths(router: Router) -> Router {
    let normal = async |mut request: Request| {
        *request.uri_mut() = paths::normal(request.uri());
        request
    };
    Router::new().fallback_service(router).layer(map_request(normal))
}

/// The span of a request, a child of its caller's
/// ([conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)). Its path is the
/// template, so that ids do not multiply the names of spans.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    // A stream lasts for minutes, which says nothing about the shop's latency.
    if route == events::ROUTE {
        return Span::none();
    }
    let method = request.method();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {route}"),
        otel.status_code = tracing::field::Empty,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        error.r#type = tracing::field::Empty,
        order.id = tracing::field::Empty,
        messaging.message.id = tracing::field::Empty,
    );
    observe::adopt(&span, request.headers());
    span
}

async fn readiness<F: Future<Output = bool>>(ready: impl Fn() -> F) -> StatusCode {
    if ready().await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn unknown_route(request: Request) -> Problem {
    Problem::new(Kind::UnknownRoute, format!("no resource exists at {}", excerpt(&request)))
}

/// The path, or as much of it as fits into a sentence.
fn excerpt(request: &Request) -> String {
    request.uri().path().chars().take(100).collect()
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("{} does not support {}", excerpt(&request), request.method());
    Problem::new(Kind::MethodNotAllowed, detail)
}

async fn from_sidecar(
    State(token): State<String>,
    headers: HeaderMap,
    mut request: Request,
    next: Next,
) -> Response {
    let shown = headers.get(TOKEN_HEADER).map_or(&[][..], |token| token.as_bytes());
    if bool::from(shown.ct_eq(token.as_bytes())) {
        request.extensions_mut().insert(FromSidecar);
        return next.run(request).await;
    }
    let detail = format!("call this function through its Dapr sidecar, which sends {TOKEN_HEADER}");
    Problem::new(Kind::NotFromSidecar, detail).into_response()
}

async fn enforce_timeout(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if let Ok(response) = timeout(REQUEST_DEADLINE, next.run(request)).await {
        return response;
    }
    tracing::error!(url.path = path, "a request took too long");
    Problem::new(Kind::Timeout, "please try again; repeating the request is safe").into_response()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Kind::Internal, "an error in the shop itself, which has been logged")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::HeaderValue;
    use axum::routing::post;
    use tower::ServiceExt;

    async fn status(service: Service, ready: bool, request: Request<Body>) -> StatusCode {
        let router = with_middleware(service, "secret".to_owned(), move || async move { ready });
        router.oneshot(request).await.unwrap().status()
    }

    fn routes() -> Router {
        Router::new().route("/work", post(async || "done"))
    }

    fn post_work(token: &str) -> Request<Body> {
        Request::post("/work").header(TOKEN_HEADER, token).body(Body::empty()).unwrap()
    }

    #[tokio::test]
    async fn only_the_sidecar_is_admitted() {
        assert_eq!(status(routes().into(), true, post_work("secret")).await, 200);
        assert_eq!(status(routes().into(), true, post_work("guess")).await, 403);
        let nothing = Request::post("/work").body(Body::empty()).unwrap();
        assert_eq!(status(routes().into(), true, nothing).await, 403);
        assert_eq!(status(Service::from(routes()).public(), true, post_work("")).await, 200);
    }

    #[tokio::test]
    async fn health_needs_no_token() {
        for (path, ready, expected) in
            [("/healthz", false, 200), ("/readyz", true, 200), ("/readyz", false, 503)]
        {
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert_eq!(status(routes().into(), ready, request).await, expected, "{path} {ready}");
        }
    }

    #[tokio::test]
    async fn a_method_that_health_does_not_take_is_a_problem() {
        let router = with_middleware(routes().into(), String::new(), || async { true });
        let request = Request::delete("/healthz").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }

    async fn answer(service: Service, request: Request<Body>) -> Response {
        let router = with_middleware(service, String::new(), || async { true });
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_response_may_override_the_common_headers() {
        let own = || [("cache-control", "max-age=300"), ("content-security-policy", "sandbox")];
        let routes = Router::new().route("/page", get(async move || own()));
        let page = Request::get("/page").body(Body::empty()).unwrap();
        let response = answer(routes.into(), page).await;
        for (name, value) in own() {
            let values: Vec<_> = response.headers().get_all(name).iter().collect();
            assert_eq!(values, [value]);
        }
    }

    #[tokio::test]
    async fn a_response_is_neither_cached_nor_embedded_in_a_page() {
        for request in [post_work(""), Request::get("/nowhere").body(Body::empty()).unwrap()] {
            let response = answer(routes().into(), request).await;
            assert_eq!(response.headers()["cache-control"], "no-store");
            assert_eq!(response.headers()["x-content-type-options"], "nosniff");
            assert!(response.headers().contains_key("content-security-policy"));
        }
    }

    #[tokio::test]
    async fn a_temporary_problem_says_when_to_retry() {
        for (status, retry) in
            [(200, None), (202, Some("1")), (409, None), (429, Some("1")), (503, Some("1"))]
        {
            let status = StatusCode::from_u16(status).unwrap();
            let routes = Router::new().route("/work", post(async move || status));
            let response = answer(routes.into(), post_work("")).await;
            let value = response.headers().get("retry-after").map(|value| value.to_str().unwrap());
            assert_eq!(value, retry, "{status}");
        }
    }

    #[tokio::test]
    async fn equivalent_paths_reach_the_same_route() {
        for path in ["/work", "/%77ork", "/work/", "/wor%6B/"] {
            let request = || Request::post(path).body(Body::empty()).unwrap();
            assert_eq!(answer(Service::from(routes()).public(), request()).await.status(), 200);
        }
    }

    #[tokio::test]
    async fn only_pages_of_listed_origins_may_call() {
        let allowed = async |origins: &[&'static str], origin: &str| {
            let origins = origins.iter().map(|origin| HeaderValue::from_static(origin)).collect();
            let request = Request::post("/work").header("origin", origin).body(Body::empty());
            let service = Service::from(routes()).called_from(origins);
            let response = answer(service, request.unwrap()).await;
            assert_eq!(response.status(), 200);
            response.headers().contains_key("access-control-allow-origin")
        };
        assert!(!allowed(&[], "https://a.example").await);
        assert!(allowed(&["https://a.example"], "https://a.example").await);
        assert!(!allowed(&["https://a.example"], "https://b.example").await);
    }

    #[tokio::test]
    async fn a_panic_is_a_problem() {
        let routes = Router::new().route("/work", post(async || -> &str { panic!("a fault") }));
        assert_eq!(status(routes.into(), true, post_work("secret")).await, 500);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_a_problem() {
        let routes = Router::new().route("/work", post(std::future::pending::<()>));
        assert_eq!(status(routes.into(), true, post_work("secret")).await, 503);
    }
}
