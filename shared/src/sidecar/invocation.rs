//! Service invocation: a request to another function, through the sidecars of both.

use crate::domain::Refusal;
use crate::http::Kind;
use crate::http::kind::Row;
use crate::http::problem::refusal_in;
use crate::observe;
use crate::ports::{Failure, Functions, OrFail, Result, Within};
use axum::body::Bytes;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

/// The default timeout of an invocation: less than that of a saga's activity, so that the activity gets the
/// error.
const DEADLINE: Duration = Duration::from_secs(8);

const INVOKE: &str = "be invoked";

/// The media type of a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
const PROBLEM: &str = "application/problem+json";

/// Calls functions by their Dapr app id.
#[derive(Debug, Clone)]
pub struct Invocation {
    http: reqwest::Client,
    base: String,
}

/// The response of a function.
#[derive(Debug, Clone)]
pub(super) struct FunctionResponse(Response<Bytes>);

impl Invocation {
    pub(super) fn new(http: reqwest::Client, sidecar: &str) -> Self {
        Self { http, base: format!("{sidecar}/v1.0/invoke") }
    }

    /// Calls `function` with `body` as JSON. `path` starts with a slash.
    ///
    /// # Errors
    /// As [`Functions::forward`].
    pub(super) async fn call(
        &self,
        function: &str,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<FunctionResponse> {
        self.call_within(function, method, path, body, DEADLINE).await
    }

    /// Like [`Invocation::call`], with `limit` as the timeout.
    ///
    /// # Errors
    /// As [`Functions::forward`].
    pub(super) async fn call_within(
        &self,
        function: &str,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
        limit: Duration,
    ) -> Result<FunctionResponse> {
        let mut request = Request::builder().method(method).uri(path);
        let mut json = Bytes::new();
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json");
            json = serde_json::to_vec(body).or_fail(function, "be asked")?.into();
        }
        let request = request.extension(Within(limit)).body(json);
        let request = request.or_fail(function, "be asked")?;
        self.forward(function, request).await.map(FunctionResponse)
    }

    async fn send(
        &self,
        function: &str,
        mut request: Request<Bytes>,
        limit: Duration,
    ) -> reqwest::Result<Response<Bytes>> {
        observe::inject(request.headers_mut());
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let url = format!("{}/{function}/method{path}", self.base);
        let request = self.http.request(parts.method, url).headers(parts.headers);
        let answer = request.body(body).timeout(limit).send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut response = Response::new(answer.bytes().await?);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        observe::answered(&Span::current(), status.as_u16());
        Ok(response)
    }
}

impl Invocation {
    async fn ask(
        &self,
        function: &str,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<FunctionResponse> {
        let span = tracing::info_span!(
            "invoke",
            otel.kind = "client",
            otel.name = format!("{} {function}", request.method()),
            otel.status_code = field::Empty,
            http.request.method = %request.method(),
            http.response.status_code = field::Empty,
            error.r#type = field::Empty,
            peer.service = function,
        );
        let sent = self.send(function, request, limit).instrument(span).await;
        Ok(FunctionResponse(sent.or_fail(function, INVOKE)?))
    }
}

impl Functions for Invocation {
    /// Retries once when the sidecar could not connect: it resolved the function once, and that process
    /// has ended. The retry reaches another process, if there is one.
    async fn forward(&self, function: &str, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let (began, limit) = (Instant::now(), request.extensions().get::<Within>());
        let limit = limit.map_or(DEADLINE, |within| within.0);
        let mut answered = self.ask(function, request.clone(), limit).await?;
        let left = limit.saturating_sub(began.elapsed());
        if answered.could_not_connect() && !left.is_zero() {
            answered = self.ask(function, request, left).await?;
        }
        let status = answered.status();
        // A sidecar's own response, in place of a function's, is not a problem document.
        let error = status.is_client_error() || status.is_server_error();
        if error && !answered.is_problem() {
            let answer = format!("{status}: {}", answered.excerpt());
            return Err(Failure::new(function, INVOKE, answer).into());
        }
        Ok(answered.0)
    }
}

impl FunctionResponse {
    pub(super) fn status(&self) -> StatusCode {
        self.0.status()
    }

    /// The response as a `T`.
    ///
    /// # Errors
    /// Refused: the refusal in the problem. Failed: any other response.
    pub(super) fn read<T: DeserializeOwned>(&self, function: &str) -> Result<T> {
        self.check(function)?;
        Ok(serde_json::from_slice(self.0.body()).or_fail(function, "answer")?)
    }

    /// Like [`FunctionResponse::read`]; none if the resource does not exist.
    pub(super) fn read_if_found<T: DeserializeOwned>(&self, function: &str) -> Result<Option<T>> {
        if self.status() == StatusCode::NOT_FOUND {
            Ok(None)
        } else {
            self.read(function).map(Some)
        }
    }

    /// Checks that the function succeeded.
    ///
    /// # Errors
    /// As [`FunctionResponse::read`].
    pub(super) fn check(&self, function: &str) -> Result<()> {
        if self.status().is_success() {
            return Ok(());
        }
        if let Some(refusal) = self.refusal() {
            return Err(refusal.into());
        }
        let answer = format!("{}: {}", self.status(), self.excerpt());
        Err(Failure::new(function, "serve a request", answer).into())
    }

    /// The refusal in a problem. One that is unknown to this version is recognised by its status: only
    /// refusals are 402 or 409.
    fn refusal(&self) -> Option<Refusal> {
        let refusal = refusal_in(self.0.body()).filter(|_| self.is_problem())?;
        let business =
            [StatusCode::PAYMENT_REQUIRED, StatusCode::CONFLICT].contains(&self.status());
        (business || !matches!(refusal, Refusal::Other(_))).then_some(refusal)
    }

    /// Whether the response is the sidecar's, which could not connect to the function.
    fn could_not_connect(&self) -> bool {
        let dialing = || self.excerpt().contains("Error while dialing");
        self.status().is_server_error() && !self.is_problem() && dialing()
    }

    /// Whether the response is a problem of this kind.
    pub(super) fn is(&self, kind: Kind) -> bool {
        let document: Option<Value> = serde_json::from_slice(self.0.body()).ok();
        let is = |document: Value| document["code"] == Row::from(kind).name;
        self.is_problem() && document.is_some_and(is)
    }

    fn is_problem(&self) -> bool {
        self.0
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(PROBLEM.as_bytes()))
    }

    fn excerpt(&self) -> String {
        String::from_utf8_lossy(self.0.body()).chars().take(300).collect()
    }
}

#[cfg(test)]
mod tests;
