//! The headers of every response.

use crate::http::forward::LAST_EVENT_ID;
use crate::http::{IdempotencyKey, Prefer};
use crate::observe;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Duration;
use tower_http::cors::CorsLayer;
use tracing::Span;

/// How long a browser caches the answer to a preflight request.
const PREFLIGHT_LIFE: Duration = Duration::from_mins(10);

/// Seconds after which a caller may retry.
const RETRY_AFTER_SECONDS: u16 = 1;

/// Names the trace of a response.
const TRACE_RESPONSE: HeaderName = HeaderName::from_static("traceresponse");
const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// The headers that stop browsers from treating a response as a page, a script or a part of one, and that
/// make them insist on TLS
/// ([OWASP](https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html#security-headers)).
const SECURITY: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// Names the trace in the response, so that it can be found, keeps the response out of caches unless
/// it says otherwise, and says when to retry where that helps.
pub(super) async fn with_common_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let (status, headers) = (response.status(), response.headers_mut());
    // Orders name people, and stock levels are outdated a moment later.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if matches!(status.as_u16(), 202 | 429 | 503) {
        headers.entry(header::RETRY_AFTER).or_insert(RETRY_AFTER_SECONDS.into());
    }
    observe::answered(&Span::current(), status.as_u16());
    if let Some((trace_response, trace_id)) = observe::trace_response() {
        for (name, value) in [(TRACE_RESPONSE, trace_response), (TRACE_ID, trace_id)] {
            headers.insert(name, HeaderValue::try_from(value).expect("ids are hexadecimal"));
        }
    }
    response
}

/// What pages of `origins` may send and read.
pub(super) fn cors(origins: Vec<HeaderValue>) -> CorsLayer {
    let (key, retry) = (IdempotencyKey::HEADER, header::RETRY_AFTER);
    let sent =
        [header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH, header::IF_NONE_MATCH];
    let trace = [observe::TRACE_PARENT, observe::TRACE_STATE, key.clone()];
    let waits = [Prefer::HEADER, LAST_EVENT_ID];
    let read =
        [header::ETAG, header::LOCATION, retry, key, Prefer::APPLIED, TRACE_RESPONSE, TRACE_ID];
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT])
        .allow_headers(sent.into_iter().chain(trace).chain(waits).collect::<Vec<_>>())
        .expose_headers(read)
        .max_age(PREFLIGHT_LIFE)
}
