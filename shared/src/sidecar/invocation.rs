//! Service invocation: a request to another function, through the sidecars of both.

use crate::domain::Refusal;
use crate::ports::{Failure, OrFail, Result};
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The longest that an invocation may take: less than the bound of a saga's activity, so that the
/// activity learns what failed.
const DEADLINE: Duration = Duration::from_secs(8);

/// The media type of a problem ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
const PROBLEM: &str = "application/problem+json";

/// Calls functions by their Dapr app id.
#[derive(Debug, Clone)]
pub struct Invocation {
    http: reqwest::Client,
    base: String,
}

/// What a function answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Invocation {
    pub(super) fn new(http: reqwest::Client, sidecar: &str) -> Self {
        Self { http, base: format!("{sidecar}/v1.0/invoke") }
    }

    /// Sends a request on to `function` and hands back what it answers, a problem too. `path`
    /// starts with a slash.
    ///
    /// # Errors
    /// When the function could not be reached, or gave an answer that is not its own.
    pub async fn forward(
        &self,
        function: &str,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> std::result::Result<Answered, Failure> {
        const INVOKE: &str = "be invoked";
        let url = format!("{}/{function}/method{path}", self.base);
        let request = self.http.request(method, url).headers(headers).body(body).timeout(DEADLINE);
        let answer = request.send().await.or_fail(function, INVOKE)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.or_fail(function, INVOKE)?;
        let answered = Answered { status, headers, body };
        if status.is_server_error() && !answered.is_problem() {
            return Err(Failure::new(
                function,
                INVOKE,
                format!("{status}: {}", answered.excerpt()),
            ));
        }
        Ok(answered)
    }

    /// Calls `function` with `body` as JSON.
    ///
    /// # Errors
    /// As [`Invocation::forward`].
    pub(super) async fn call(
        &self,
        function: &str,
        method: Method,
        path: &str,
        body: Option<&(impl Serialize + Sync)>,
    ) -> Result<Answered> {
        let mut headers = HeaderMap::new();
        let json = match body {
            Some(body) => {
                let json = header::HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, json);
                serde_json::to_vec(body).or_fail(function, "be asked")?.into()
            }
            None => Bytes::new(),
        };
        Ok(self.forward(function, method, path, headers, json).await?)
    }
}

impl Answered {
    /// The answer as a `T`.
    ///
    /// # Errors
    /// Refused: the refusal that the problem carries. Failed: any other answer.
    pub(super) fn read<T: DeserializeOwned>(&self, function: &str) -> Result<T> {
        self.check(function)?;
        Ok(serde_json::from_slice(&self.body).or_fail(function, "answer")?)
    }

    /// Whether the function did what it was asked.
    ///
    /// # Errors
    /// As [`Answered::read`].
    pub(super) fn check(&self, function: &str) -> Result<()> {
        if self.status.is_success() {
            return Ok(());
        }
        match serde_json::from_slice::<Refusal>(&self.body) {
            Ok(refusal) if self.is_problem() => Err(refusal.into()),
            _ => {
                let answer = format!("{}: {}", self.status, self.excerpt());
                Err(Failure::new(function, "do as asked", answer).into())
            }
        }
    }

    fn is_problem(&self) -> bool {
        self.headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(PROBLEM.as_bytes()))
    }

    fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(300).collect()
    }
}
