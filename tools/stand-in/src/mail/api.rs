//! The JSON API.

use crate::mail::message::Mail;
use crate::mail::sink::Sink;
use crate::web::ApiError;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use std::sync::Arc;

/// Selects mails.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    to: Option<String>,
}

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/api/mails", get(list_mails).delete(clear))
        .route("/api/mails/{id}", get(read_mail))
        .with_state(sink.clone())
}

async fn list_mails(
    State(sink): State<Sink>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(Filter { to }) = filter?;
    let matches = |mail: &Mail| to.as_deref().is_none_or(|to| mail.envelope.is_to(to));
    let mails: Vec<Arc<Mail>> =
        sink.mailbox().mails().filter(|mail| matches(mail)).cloned().collect();
    Ok(Json(mails.iter().map(AsRef::as_ref).collect::<Vec<&Mail>>()).into_response())
}

async fn read_mail(State(sink): State<Sink>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let mail = id.parse().ok().and_then(|id| sink.mail(id));
    let mail = mail.ok_or_else(|| ApiError::no_such("mail", &id))?;
    Ok(Json(mail.as_ref()).into_response())
}

async fn clear(State(sink): State<Sink>) -> StatusCode {
    sink.mailbox().clear();
    StatusCode::NO_CONTENT
}
