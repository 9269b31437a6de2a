//! Requests, and what becomes of them.

use super::DEADLINE;
use crate::BenchError;
use reqwest::{RequestBuilder, Response, StatusCode};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was rejected, because too much was to be done already.
    Rejected,
}

/// The successful answer to a request; None if it was rejected because too much was to be done already.
pub(super) async fn answered(
    name: &'static str,
    request: RequestBuilder,
) -> Result<Option<Response>, BenchError> {
    let answer = request.timeout(DEADLINE).send().await.map_err(BenchError::request(name))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(Some(answer));
    }
    let text = answer.text().await.unwrap_or_default();
    if status == StatusCode::SERVICE_UNAVAILABLE && text.contains("overloaded") {
        return Ok(None);
    }
    Err(BenchError::Answer { request: name, answer: format!("{status}: {text}") })
}

/// Requests something and reads all of the answer.
pub(super) async fn read(
    name: &'static str,
    request: RequestBuilder,
) -> Result<Outcome, BenchError> {
    let Some(answer) = answered(name, request).await? else { return Ok(Outcome::Rejected) };
    answer.bytes().await.map_err(BenchError::request(name))?;
    Ok(Outcome::Done)
}

/// Requests something again and again, until it is not rejected.
pub(super) async fn succeeded(
    name: &'static str,
    request: RequestBuilder,
) -> Result<(), BenchError> {
    loop {
        if read(name, request.try_clone().expect("the body is in memory")).await? == Outcome::Done {
            return Ok(());
        }
    }
}
