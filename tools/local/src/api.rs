//! The public API of a shop, for tasks of its operators.

use crate::wait::pause;
use crate::{LocalError, ports, probe};
use clap::Args;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// The longest that a request may take: longer than the gateway needs to give up.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How often a request is repeated that exceeds the caller's allowance: nothing was done.
const REPEATS: u32 = 5;

/// The longest pause before that.
const LONGEST_PAUSE: u64 = 60;

/// The shop, and who calls it.
#[derive(Debug, Clone, Args)]
pub struct Shop {
    /// The address of the shop's gateway; by default that of `start`.
    #[arg(long, global = true, value_name = "URL")]
    shop: Option<String>,
    /// A token with the scopes of staff; for the shop of `start` its issuer gives one.
    #[arg(long, global = true, env = "SHOP_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// A client of the API.
#[derive(Debug)]
pub struct Api {
    http: Client,
    shop: String,
}

impl Shop {
    /// The API of the shop, for staff with `scopes`.
    #[must_use]
    pub async fn api(self, scopes: &str) -> Api {
        let token = match (self.token, &self.shop) {
            (Some(token), _) => token,
            (None, Some(_)) => String::new(),
            (None, None) => of_start(scopes).await,
        };
        let shop = self.shop.unwrap_or_else(|| "http://127.0.0.1:8000".to_owned());
        Api::new(&shop, &token)
    }
}

/// A token of the issuer of `start`. None if everyone may do everything.
async fn of_start(scopes: &str) -> String {
    let scopes = scopes.replace(' ', "+");
    let url = format!("http://127.0.0.1:{}/token?sub=staff&scope={scopes}", ports::ISSUER);
    probe::text(&url).await.unwrap_or_default()
}

impl Api {
    /// The API at the address `shop`, for the caller that `token` identifies.
    #[must_use]
    pub fn new(shop: &str, token: &str) -> Self {
        Self { http: probe::http_client(token), shop: shop.trim_end_matches('/').to_owned() }
    }

    /// Reads from the API.
    ///
    /// # Errors
    /// When the shop cannot be reached, or rejects the request.
    pub async fn get(&self, path: &str) -> Result<Value, LocalError> {
        self.send(Method::GET, path, None).await
    }

    /// Requests something, with a body if it has one, again when the caller may not send more for a while.
    ///
    /// # Errors
    /// When the shop cannot be reached, or rejects the request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, LocalError> {
        let name = format!("{method} {path}");
        let request = self.http.request(method, format!("{}{path}", self.shop));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let (status, body) = self.unless_limited(request).await?;
        if status.is_success() {
            return Ok(body);
        }
        let detail = [&body["detail"], &body["title"]].into_iter().find_map(Value::as_str);
        let answer = format!("{status}: {}", detail.unwrap_or("it says nothing about why"));
        Err(LocalError::Rejected { request: name, status, answer })
    }

    /// The answer to a request, which is repeated after the time that a 429 names.
    async fn unless_limited(
        &self,
        request: RequestBuilder,
    ) -> Result<(StatusCode, Value), LocalError> {
        let mut repeats = 0;
        loop {
            let next = request.try_clone().expect("its body is no stream");
            let answer = read(next).await.map_err(|source| LocalError::Unreachable { source })?;
            let (status, retry_after, body) = answer;
            if status != StatusCode::TOO_MANY_REQUESTS || repeats == REPEATS {
                return Ok((status, body));
            }
            repeats += 1;
            pause(Duration::from_secs(retry_after.unwrap_or(1).min(LONGEST_PAUSE))).await;
        }
    }
}

/// The status of an answer, its `Retry-After` in seconds, and its body.
async fn read(request: RequestBuilder) -> reqwest::Result<(StatusCode, Option<u64>, Value)> {
    let answer = request.timeout(TIMEOUT).send().await?;
    let (status, retry_after) = (answer.status(), answer.headers().get(RETRY_AFTER));
    let retry_after = retry_after.and_then(|it| it.to_str().ok()?.parse().ok());
    let body = answer.bytes().await?;
    Ok((status, retry_after, serde_json::from_slice(&body).unwrap_or_default()))
}
