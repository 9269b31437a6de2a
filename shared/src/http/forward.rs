//! Sends requests on to the functions that serve them, and their answers back.

use super::Problem;
use super::extract::read_body;
use crate::domain::id::{NotAnId, is_id};
use crate::ports::Functions;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{HeaderMap, HeaderName, Response, header};
use axum::routing::{MethodFilter, MethodRouter, on};

/// The headers that go on to a function.
const ASKED: [HeaderName; 5] = [
    header::CONTENT_TYPE,
    header::ACCEPT,
    super::IdempotencyKey::HEADER,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// The headers that come back.
const ANSWERED: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::RETRY_AFTER, header::ALLOW];

/// A route that sends its requests on to `function`. The parameters of its path are ids.
pub fn to<F: Functions>(method: MethodFilter, function: &'static str) -> MethodRouter<F> {
    on(
        method,
        move |State(functions): State<F>, parameters: RawPathParams, request: Request| async move {
            forward(&functions, function, &parameters, request).await
        },
    )
}

async fn forward(
    functions: &impl Functions,
    function: &str,
    parameters: &RawPathParams,
    request: Request,
) -> Result<Response<Body>, Problem> {
    // A path goes on as it came, so nothing in it may mean anything to a proxy.
    if let Some((name, _)) = parameters.iter().find(|(_, value)| !is_id(value)) {
        return Err(Problem::invalid(name, &NotAnId.to_string()));
    }
    let (parts, body) = request.into_parts();
    // The bound of the body is an extension of the request.
    let body = read_body(Request::from_parts(parts.clone(), body)).await?;
    let mut onward = axum::http::Request::new(body);
    *onward.method_mut() = parts.method;
    *onward.uri_mut() = parts.uri;
    *onward.headers_mut() = only(&ASKED, &parts.headers);
    let mut answer = functions.forward(function, onward).await?;
    *answer.headers_mut() = only(&ANSWERED, answer.headers());
    Ok(answer.map(Body::from))
}

fn only(names: &[HeaderName], headers: &HeaderMap) -> HeaderMap {
    let kept = |name: &HeaderName| Some((name.clone(), headers.get(name)?.clone()));
    names.iter().filter_map(kept).collect()
}
