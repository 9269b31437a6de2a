//! What every function's router gets: health, problems for what it does not serve, bounds, and a
//! door that only its sidecar passes.

use super::Service;
use crate::http::extract::MAX_BODY_BYTES;
use crate::http::{Kind, Problem};
use crate::observe;
use axum::Router;
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
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

/// The router of `service` as it is served; `token` is what its sidecar must show, if anything,
/// and `ready` says whether the function can do its work.
pub(crate) fn with_middleware<F>(
    service: Service,
    token: String,
    ready: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Router
where
    F: Future<Output = bool> + Send,
{
    let mut routes = service.router;
    routes = routes.fallback(unknown_route).method_not_allowed_fallback(wrong_method);
    if !service.public && !token.is_empty() {
        routes = routes.layer(from_fn_with_state(token, from_sidecar));
    }
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(enforce_timeout))
        .layer(from_fn(with_common_headers))
        .layer(TraceLayer::new_for_http().make_span_with(span).on_failure(()))
        .route("/healthz", get(StatusCode::OK))
        .route("/readyz", get(move || readiness(ready)))
        .method_not_allowed_fallback(wrong_method)
}

/// The span of a request, a child of its caller's
/// ([conventions](https://opentelemetry.io/docs/specs/semconv/http/http-spans/)). Its path is the
/// template, so that ids do not multiply the names of spans.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
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

/// Names the trace in the answer, so that it can be found by it, and keeps the answer out of caches.
async fn with_common_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    // Orders name people, and what is shown of stock is old a moment later.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    observe::answered(&Span::current(), response.status().as_u16());
    if let Some((trace_response, trace_id)) = observe::trace_response() {
        for (name, value) in [("traceresponse", trace_response), ("x-trace-id", trace_id)] {
            let value = HeaderValue::try_from(value).expect("ids are hexadecimal");
            response.headers_mut().insert(name, value);
        }
    }
    response
}

async fn readiness<F: Future<Output = bool>>(ready: impl Fn() -> F) -> StatusCode {
    if ready().await { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

async fn unknown_route(request: Request) -> Problem {
    Problem::new(Kind::UnknownRoute, format!("there is nothing at {}", request.uri().path()))
}

async fn wrong_method(request: Request) -> Problem {
    let detail = format!("{} does not take {}", request.uri().path(), request.method());
    Problem::new(Kind::MethodNotAllowed, detail)
}

async fn from_sidecar(
    State(token): State<String>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let shown = headers.get(TOKEN_HEADER).map_or(&[][..], |token| token.as_bytes());
    if bool::from(shown.ct_eq(token.as_bytes())) {
        return next.run(request).await;
    }
    let detail = format!("call this function through its Dapr sidecar, which shows {TOKEN_HEADER}");
    Problem::new(Kind::NotFromSidecar, detail).into_response()
}

async fn enforce_timeout(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if let Ok(response) = timeout(REQUEST_DEADLINE, next.run(request)).await {
        return response;
    }
    tracing::error!(url.path = path, "a request took too long");
    Problem::new(Kind::Timeout, "please try again; repeating a request does no harm")
        .into_response()
}

fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::new(Kind::Internal, "the fault is ours, and it has been logged").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
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
        assert_eq!(status(routes().into(), true, post_work("guess")).await, 401);
        let nothing = Request::post("/work").body(Body::empty()).unwrap();
        assert_eq!(status(routes().into(), true, nothing).await, 401);
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

    #[tokio::test]
    async fn no_answer_is_kept_in_a_cache() {
        let router = with_middleware(routes().into(), String::new(), || async { true });
        let response = router.oneshot(post_work("")).await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
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
