//! The pages for people: the newest mails, and one mail.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use stand_in::respond;

use crate::mail::Mail;
use crate::sink::Sink;

/// How many mails the list shows; the API has the others.
const MAX_LISTED: usize = 200;

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
    respond(StatusCode::OK, page.render())
}

async fn read_mail(State(sink): State<Sink>, Path(id): Path<String>) -> Response {
    match id.parse().ok().and_then(|id| sink.mail(id)) {
        Some(mail) => respond(StatusCode::OK, MailPage { mail }.render()),
        None => respond(StatusCode::NOT_FOUND, MissingPage { id }.render()),
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
