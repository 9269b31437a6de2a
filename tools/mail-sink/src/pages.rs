//! The pages for people: the newest mails, and one mail.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;

use crate::mail::Mail;
use crate::sink::Sink;

/// How many mails the list shows; the API has the others.
const MAX_LISTED: usize = 200;

/// Binds the frame of a mail's HTML too, so that nothing in it runs, calls out or leads away.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/", get(list_mails))
        .route("/mails/{id}", get(read_mail))
        .with_state(sink.clone())
}

#[derive(Template)]
#[template(path = "mails.html")]
struct MailsPage {
    mails: Vec<Arc<Mail>>,
    total: usize,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct MailPage {
    mail: Arc<Mail>,
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage {
    id: String,
}

async fn list_mails(State(sink): State<Sink>) -> Response {
    let page = {
        let state = sink.state();
        let mails = state.mailbox.mails();
        MailsPage { total: mails.len(), mails: mails.rev().take(MAX_LISTED).cloned().collect() }
    };
    respond(StatusCode::OK, &page)
}

async fn read_mail(State(sink): State<Sink>, Path(id): Path<String>) -> Response {
    match id.parse().ok().and_then(|id| sink.mail(id)) {
        Some(mail) => respond(StatusCode::OK, &MailPage { mail }),
        None => respond(StatusCode::NOT_FOUND, &MissingPage { id }),
    }
}

fn respond(status: StatusCode, page: &impl Template) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match page.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "Cannot render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The day and the second, in UTC.
fn time(at: &Timestamp) -> String {
    at.strftime("%F %T").to_string()
}

/// The subject, or what stands for one.
fn subject(mail: &Mail) -> &str {
    match mail.subject.as_deref() {
        Some(subject) if !subject.trim().is_empty() => subject,
        Some(_) | None => "(no subject)",
    }
}
