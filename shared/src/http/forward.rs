//! Forwards requests to the functions that serve them, and returns their responses.

use super::extract::{IdempotencyKey, Query, read_body, refuse_encoded};
use super::{Kind, Prefer, Problem, caller};
use crate::domain::caller::Caller;
use crate::domain::id::{NotAnId, is_id};
use crate::observe;
use crate::ports::{Functions, Within};
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use axum::middleware::Next;
use axum::routing::{MethodFilter, MethodRouter, on};
use std::time::Duration;
use uuid::Uuid;

/// The header with the last event that a client of a stream saw.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The headers that are forwarded to a function, in addition to the trace's.
const ASKED: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    IdempotencyKey::HEADER,
    Prefer::HEADER,
];

/// The headers that must have a single value.
const SINGLE: [HeaderName; 5] = [
    header::HOST,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    IdempotencyKey::HEADER,
    LAST_EVENT_ID,
];

/// The headers of a response that are passed on.
const ANSWERED: [HeaderName; 8] = [
    header::CONTENT_TYPE,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::ALLOW,
    header::ACCEPT_ENCODING,
    header::VARY,
    Prefer::APPLIED,
];

/// The most bytes of the headers that are forwarded; a sidecar reads 4 KiB of them, its own included.
const MAX_HEADER_BYTES: usize = 3 * 1024;

/// The timeout of a function when the client prefers to wait: less than that of a request.
const WAITING: Within = Within(Duration::from_secs(11));

/// A route that forwards its requests to `function`. The parameters of its path are ids, and its query
/// has only these `parameters`.
pub fn to<F: Functions>(
    method: MethodFilter,
    function: &'static str,
    parameters: &'static [&'static str],
) -> MethodRouter<F> {
    on(method, async move |State(functions): State<F>, ids: PathParams, request: Request| {
        Query::of(request.uri())?.only(parameters)?;
        forward(&functions, function, ids, request).await
    })
}

type PathParams = Result<RawPathParams, RawPathParamsRejection>;

/// Gives a request that has no `Idempotency-Key` one, and returns the key in the
/// response: a client that repeats the request under it gets the first response again.
pub async fn with_key(mut request: Request, next: Next) -> Response<Body> {
    let fresh = || HeaderValue::try_from(Uuid::now_v7().to_string()).expect("an id is visible");
    let headers = request.headers_mut();
    let key = headers.entry(IdempotencyKey::HEADER).or_insert_with(fresh).clone();
    let mut response = next.run(request).await;
    response.headers_mut().insert(IdempotencyKey::HEADER, key);
    response
}

async fn forward(
    functions: &impl Functions,
    function: &str,
    parameters: PathParams,
    request: Request,
) -> Result<Response<Body>, Problem> {
    let parameters =
        parameters.map_err(|_| Problem::invalid("path", "its parameters must be UTF-8"))?;
    // A path is forwarded unchanged, so nothing in it may be special to a proxy.
    if let Some((name, _)) = parameters.iter().find(|(_, value)| !is_id(value)) {
        return Err(Problem::invalid(name, &NotAnId.to_string()));
    }
    if !accepts_json(request.headers()) {
        return Err(Problem::new(Kind::NotAcceptable, "accept application/json"));
    }
    refuse_encoded(request.headers())?;
    let (parts, body) = request.into_parts();
    // The bound of the body is an extension of the request.
    let body = read_body(Request::from_parts(parts.clone(), body)).await?;
    let mut onward = axum::http::Request::new(body);
    *onward.method_mut() = asked(parts.method);
    *onward.uri_mut() = parts.uri;
    *onward.headers_mut() = onward_headers(&parts.headers)?;
    if let Some(caller) = parts.extensions.get::<Caller>() {
        let named = HeaderValue::try_from(caller.to_string()).expect("a caller is visible ASCII");
        onward.headers_mut().insert(caller::HEADER, named);
    }
    if Prefer::of(&parts.headers).waits() {
        onward.extensions_mut().insert(WAITING);
    }
    let mut answer = functions.forward(function, onward).await?;
    *answer.headers_mut() = only(&ANSWERED, answer.headers());
    Ok(answer.map(Body::from))
}

/// A HEAD request is forwarded as a GET, whose body is then dropped
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2)).
fn asked(method: Method) -> Method {
    if method == Method::HEAD { Method::GET } else { method }
}

/// Whether a caller accepts JSON, or the JSON of a problem
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1)).
fn accepts_json(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    accepted.peek().is_none()
        || accepted
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(is_json))
}

fn is_json(range: &str) -> bool {
    let range = range.to_ascii_lowercase();
    let mut parts = range.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let refused = parts.any(|part| {
        part.strip_prefix("q=").is_some_and(|weight| weight.trim_matches(['0', '.']).is_empty())
    });
    let json = matches!(kind, "" | "*/*" | "application/*" | "application/json");
    !refused && (json || kind.starts_with("application/") && kind.ends_with("+json"))
}

fn onward_headers(headers: &HeaderMap) -> Result<HeaderMap, Problem> {
    refuse_repeated(headers)?;
    let mut onward = only(&ASKED, headers);
    // A sidecar forwards nothing else.
    if let Some((name, _)) = onward.iter().find(|(_, value)| value.to_str().is_err()) {
        return Err(Problem::invalid(name.as_str(), "must be visible ASCII"));
    }
    onward.extend(observe::trace_context(headers).unwrap_or_default());
    let bytes: usize = onward.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        let detail = format!("send at most {MAX_HEADER_BYTES} bytes of headers");
        return Err(Problem::new(Kind::HeadersTooLarge, detail));
    }
    Ok(onward)
}

/// A header that must be single would be read differently by different readers.
pub(super) fn refuse_repeated(headers: &HeaderMap) -> Result<(), Problem> {
    let repeated = SINGLE.into_iter().find(|name| headers.get_all(name).iter().count() > 1);
    let refused = |name: HeaderName| Problem::invalid(name.as_str(), "must be sent once");
    repeated.map(refused).map_or(Ok(()), Err)
}

/// Every value of each of `names`.
fn only(names: &[HeaderName], headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in names {
        kept.extend(headers.get_all(name).iter().map(|value| (name.clone(), value.clone())));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{TRACE_PARENT, TRACE_STATE};

    fn onward(headers: &[(HeaderName, &'static str)]) -> Result<HeaderMap, Problem> {
        let headers = headers.iter().cloned();
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        onward_headers(&headers.collect())
    }

    #[test]
    fn a_header_with_a_single_value_is_sent_once() {
        for name in SINGLE {
            let problem = onward(&[(name.clone(), "a"), (name.clone(), "b")]).unwrap_err();
            assert_eq!(problem.document()["field"], name.as_str());
        }
    }

    #[test]
    fn a_header_that_a_sidecar_would_not_forward_is_refused() {
        let value = HeaderValue::from_bytes(b"wait=5\xc2\x84").unwrap();
        for name in ASKED {
            let headers = HeaderMap::from_iter([(name.clone(), value.clone())]);
            let problem = onward_headers(&headers).unwrap_err().document();
            assert_eq!(
                (&problem["status"], &problem["field"]),
                (&422.into(), &name.as_str().into())
            );
        }
    }

    #[test]
    fn a_trace_that_cannot_be_read_is_not_forwarded() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = |parent| [(TRACE_PARENT, parent), (TRACE_STATE, "a=1")];
        assert_eq!(onward(&trace(parent)).unwrap().len(), 2);
        assert!(onward(&trace("00-1-2-3")).unwrap().is_empty());
    }

    #[test]
    fn a_caller_that_accepts_no_json_is_detected() {
        let accepts = |value: &'static str| {
            let value = HeaderValue::from_static(value);
            accepts_json(&HeaderMap::from_iter([(header::ACCEPT, value)]))
        };
        assert!(accepts_json(&HeaderMap::new()));
        for taken in [
            "*/*",
            "Application/JSON",
            "text/html, application/*;q=0.1",
            "application/problem+json",
            "",
        ] {
            assert!(accepts(taken), "{taken}");
        }
        for taken in ["text/html", "application/json;q=0", "application/json; q=0.000", "image/*"] {
            assert!(!accepts(taken), "{taken}");
        }
    }

    #[test]
    fn headers_that_a_sidecar_would_not_read_are_refused() {
        let long = HeaderValue::try_from("x".repeat(MAX_HEADER_BYTES)).unwrap();
        let problem =
            onward_headers(&HeaderMap::from_iter([(header::IF_MATCH, long)])).unwrap_err();
        assert_eq!(problem.document()["status"], 431);
    }
}
