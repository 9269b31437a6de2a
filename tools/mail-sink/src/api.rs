//! The JSON paths: the mails, and the faults to come.

use std::sync::Arc;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::Deserialize;
use stand_in::ApiError;

use crate::faults::{FaultPlan, Faults};
use crate::mail::Mail;
use crate::sink::Sink;

/// Which mails are asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    to: Option<String>,
}

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/api/mails", get(list_mails).delete(empty))
        .route("/api/mails/{id}", get(read_mail))
        .route("/control/faults", put(set_faults).delete(clear_faults))
        .with_state(sink.clone())
}

async fn list_mails(
    State(sink): State<Sink>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Response, ApiError> {
    let Query(Filter { to }) = filter?;
    let asked = |mail: &Mail| to.as_deref().is_none_or(|to| mail.envelope.is_to(to));
    let mails: Vec<Arc<Mail>> = {
        let state = sink.state();
        state.mailbox.mails().filter(|mail| asked(mail)).cloned().collect()
    };
    Ok(Json(mails.iter().map(AsRef::as_ref).collect::<Vec<&Mail>>()).into_response())
}

async fn read_mail(State(sink): State<Sink>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let mail = id.parse().ok().and_then(|id| sink.mail(id));
    let mail = mail.ok_or_else(|| ApiError::no_such("mail", &id))?;
    Ok(Json(mail.as_ref()).into_response())
}

async fn empty(State(sink): State<Sink>) -> StatusCode {
    sink.state().mailbox.empty();
    StatusCode::NO_CONTENT
}

async fn set_faults(
    State(sink): State<Sink>,
    plan: Result<Json<FaultPlan>, JsonRejection>,
) -> Result<StatusCode, ApiError> {
    let Json(plan) = plan?;
    sink.state().faults = Some(Faults::try_from(plan)?);
    Ok(StatusCode::NO_CONTENT)
}

/// Ends the plan in force; a mail that already stalls waits on.
async fn clear_faults(State(sink): State<Sink>) -> StatusCode {
    sink.state().faults = None;
    StatusCode::NO_CONTENT
}
