//! HTML pages, which run no scripts.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::response::{Html, IntoResponse, Response};

/// Also applies to the frames of a page: nothing in it runs scripts, loads resources or navigates.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The most entries that a list shows; the API has the others.
pub const MAX_LISTED: usize = 200;

#[derive(Template)]
#[template(path = "missing.html")]
struct NotFoundPage<'a> {
    kind: &'a str,
    id: &'a str,
}

/// A page of a template that extends `templates/page.html`.
pub fn page(template: &impl Template) -> Response {
    respond(StatusCode::OK, template)
}

/// The page that says that there is no `kind` with the id `id`.
#[must_use]
pub fn not_found(kind: &str, id: &str) -> Response {
    respond(StatusCode::NOT_FOUND, &NotFoundPage { kind, id })
}

fn respond(status: StatusCode, template: &impl Template) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    match template.render() {
        Ok(html) => (status, headers, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "Cannot render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
