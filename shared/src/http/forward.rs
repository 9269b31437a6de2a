//! Sends requests on to the functions that serve them, and their answers back.

use super::extract::{IdempotencyKey, read_body, refuse_encoded};
use super::{Kind, Problem};
use crate::domain::id::{NotAnId, is_id};
use crate::ports::Functions;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, Uri, header};
use axum::middleware::Next;
use axum::routing::{MethodFilter, MethodRouter, on};
use uuid::Uuid;

/// The headers that go on to a function.
const ASKED: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::ACCEPT,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    IdempotencyKey::HEADER,
    TRACE_PARENT,
    TRACE_STATE,
];

/// Those of them that have one value.
const SINGLE: [HeaderName; 2] = [header::CONTENT_TYPE, IdempotencyKey::HEADER];

/// The headers that come back.
const ANSWERED: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::ALLOW,
    header::ACCEPT_ENCODING,
];

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

/// The most bytes of the headers that go on; a sidecar reads 4 KiB of them, its own included.
const MAX_HEADER_BYTES: usize = 3 * 1024;

/// A route that sends its requests on to `function`. The parameters of its path are ids; a query
/// stays behind, for no function reads one.
pub fn to<F: Functions>(method: MethodFilter, function: &'static str) -> MethodRouter<F> {
    on(method, async move |State(functions): State<F>, parameters: PathParams, request: Request| {
        forward(&functions, function, parameters, request).await
    })
}

type PathParams = Result<RawPathParams, RawPathParamsRejection>;

/// Gives a request that has no `Idempotency-Key` one, and returns the key in the
/// answer: a client that repeats the request under it gets the first answer again.
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
    // A path goes on as it came, so nothing in it may mean anything to a proxy.
    if let Some((name, _)) = parameters.iter().find(|(_, value)| !is_id(value)) {
        return Err(Problem::invalid(name, &NotAnId.to_string()));
    }
    refuse_encoded(request.headers())?;
    let (parts, body) = request.into_parts();
    // The bound of the body is an extension of the request.
    let body = read_body(Request::from_parts(parts.clone(), body)).await?;
    let mut onward = axum::http::Request::new(body);
    *onward.method_mut() = asked(parts.method);
    *onward.uri_mut() =
        Uri::try_from(parts.uri.path()).map_err(|_| Problem::invalid("path", "must be a path"))?;
    *onward.headers_mut() = onward_headers(&parts.headers)?;
    let mut answer = functions.forward(function, onward).await?;
    *answer.headers_mut() = only(&ANSWERED, answer.headers());
    Ok(answer.map(Body::from))
}

/// A HEAD is answered as a GET, whose body then stays behind
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2)).
fn asked(method: Method) -> Method {
    if method == Method::HEAD { Method::GET } else { method }
}

fn onward_headers(headers: &HeaderMap) -> Result<HeaderMap, Problem> {
    let mut onward = only(&ASKED, headers);
    if let Some(name) = SINGLE.iter().find(|name| is_repeated(&onward, name)) {
        return Err(Problem::invalid(name.as_str(), "must be sent once"));
    }
    // Whose trace a request belongs to is then unknown
    // ([W3C](https://www.w3.org/TR/trace-context/#a-traceparent-is-received)).
    if is_repeated(&onward, &TRACE_PARENT) {
        onward.remove(TRACE_PARENT);
        onward.remove(TRACE_STATE);
    }
    let bytes: usize = onward.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES {
        let detail = format!("send at most {MAX_HEADER_BYTES} bytes of headers");
        return Err(Problem::new(Kind::HeadersTooLarge, detail));
    }
    Ok(onward)
}

fn is_repeated(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get_all(name).iter().count() > 1
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

    fn onward(headers: &[(HeaderName, &'static str)]) -> Result<HeaderMap, Problem> {
        let headers = headers.iter().cloned();
        let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
        onward_headers(&headers.collect())
    }

    #[test]
    fn a_header_of_one_value_is_sent_once() {
        let key = IdempotencyKey::HEADER;
        let problem = onward(&[(key.clone(), "a"), (key, "b")]).unwrap_err().document();
        assert_eq!(problem["field"], "idempotency-key");
    }

    #[test]
    fn a_trace_with_two_parents_starts_again() {
        let two = [(TRACE_PARENT, "a"), (TRACE_PARENT, "b"), (TRACE_STATE, "c")];
        assert!(onward(&two).unwrap().is_empty());
        let lines = [(TRACE_PARENT, "a"), (TRACE_STATE, "c"), (TRACE_STATE, "d")];
        assert_eq!(onward(&lines).unwrap().len(), 3);
    }

    #[test]
    fn headers_that_a_sidecar_would_not_read_are_refused() {
        let long = HeaderValue::try_from("x".repeat(MAX_HEADER_BYTES)).unwrap();
        let problem = onward_headers(&HeaderMap::from_iter([(header::ACCEPT, long)])).unwrap_err();
        assert_eq!(problem.document()["status"], 431);
    }
}
