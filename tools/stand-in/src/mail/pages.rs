//! The HTML pages: the newest mails, and one mail.

use crate::mail::message::Mail;
use crate::mail::sink::Sink;
use crate::pages::{self, MAX_LISTED};
use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use jiff::Timestamp;
use std::sync::Arc;

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/", get(list_mails))
        .route("/mails/{id}", get(read_mail))
        .with_state(sink.clone())
}

#[derive(Template)]
#[template(path = "mail/mails.html")]
struct MailsPage {
    mails: Vec<Arc<Mail>>,
    total: usize,
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct MailPage {
    mail: Arc<Mail>,
}

async fn list_mails(State(sink): State<Sink>) -> Response {
    let page = {
        let mailbox = sink.mailbox();
        let mails = mailbox.mails();
        MailsPage { total: mails.len(), mails: mails.rev().take(MAX_LISTED).cloned().collect() }
    };
    pages::page(&page)
}

async fn read_mail(State(sink): State<Sink>, Path(id): Path<String>) -> Response {
    match id.parse().ok().and_then(|id| sink.mail(id)) {
        Some(mail) => pages::page(&MailPage { mail }),
        None => pages::not_found("mail", &id),
    }
}

/// The day and the second, in UTC.
fn time(at: &Timestamp) -> String {
    at.strftime("%F %T").to_string()
}

/// The subject, or a placeholder.
fn subject(mail: &Mail) -> &str {
    match mail.subject.as_deref() {
        Some(subject) if !subject.trim().is_empty() => subject,
        Some(_) | None => "(no subject)",
    }
}
