//! The shop's page: a shell and the files that it loads, which are part of the program. It is a client of the
//! public API like any other, and has no route of its own but these.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};
use shared::http::embedded::Embedded;
use shared::http::{Kind, Problem};
use shared::wiring::PageSettings;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The paths at which the shell is served: it shows the view of the path.
const VIEWS: [&str; 4] = ["/", "/orders", "/orders/{order_id}", "/staff"];

macro_rules! modules {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../files/", $name)))),+]
    };
}

/// The names and texts of the modules.
const MODULES: &[(&str, &str)] = &modules![
    "actions.js",
    "api.js",
    "cart.js",
    "checkout.js",
    "dom.js",
    "evidence.js",
    "failures.js",
    "format.js",
    "ledgers.js",
    "main.js",
    "marks.js",
    "navigate.js",
    "order-store.js",
    "order.js",
    "orders.js",
    "rails.js",
    "record.js",
    "saga.js",
    "session.js",
    "settings.js",
    "shop.js",
    "staff.js",
    "stream.js",
    "timeline.js",
    "visit.js",
];

/// The names, texts and media types of the other files.
const OTHERS: [(&str, &str, &str); 2] = [
    ("icon.svg", include_str!("../files/icon.svg"), "image/svg+xml"),
    ("page.css", include_str!("../files/page.css"), "text/css; charset=utf-8"),
];

/// Files are addressed by the hash of all of them, so each address has one content for ever.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// What is served under the hash of another version: the shell came from a replica of that.
const OTHER_VERSION: &str = "no-store";

/// What browsers let a page do that is shown to them, beside the headers of every answer: nothing but what it
/// needs ([OWASP](https://owasp.org/www-project-secure-headers/)).
const SECURITY: [(HeaderName, &str); 2] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// The page's frame, which says what it is until its modules have loaded.
#[derive(Template)]
#[template(path = "shell.html")]
struct Shell<'a> {
    assets: &'a str,
    modules: Vec<&'static str>,
    issuer: &'a str,
    controls: &'a str,
    settings: &'a PageSettings,
}

/// The files, by their names.
#[derive(Debug)]
struct Assets {
    version: String,
    files: BTreeMap<&'static str, Embedded>,
}

/// Serves the shell at the paths of its views, and its files.
pub fn routes(settings: &PageSettings) -> Router {
    let embedded = |(name, text, kind)| (name, Embedded::new(text, kind, FOREVER));
    let assets = Assets { version: version(), files: files().map(embedded).collect() };
    let shell = shell(settings, &format!("/assets/{}", assets.version));
    let served = get(async move |headers: HeaderMap| shell.answer(&headers));
    let views = VIEWS.iter().fold(Router::new(), |router, path| router.route(path, served.clone()));
    views.route("/assets/{version}/{name}", get(asset).with_state(Arc::new(assets)))
}

/// All files as they are served, with their media types.
fn files() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let kind = "text/javascript; charset=utf-8";
    let modules = MODULES.iter().map(move |(name, text)| (*name, without_comments(text), kind));
    modules.chain(OTHERS.map(|(name, text, kind)| (name, text.to_owned(), kind)))
}

fn version() -> String {
    let mut hash = Context::new(&SHA256);
    for (name, text, _) in files() {
        hash.update(name.as_bytes());
        hash.update(text.as_bytes());
    }
    BASE64_URL_SAFE_NO_PAD.encode(&hash.finish().as_ref()[..12])
}

/// A module as browsers get it: the lines that are nothing but comments, a third of it, are empty.
fn without_comments(module: &str) -> String {
    let mut inside = false;
    let lines = module.lines().map(|line| {
        let text = line.trim();
        inside |= text.starts_with("/*") && !text.contains("*/");
        let comment = inside
            || text.starts_with("//")
            || (text.starts_with("/*") && text.find("*/") == Some(text.len() - 2));
        inside &= !text.ends_with("*/");
        if comment { "\n".to_owned() } else { format!("{line}\n") }
    });
    lines.collect()
}

/// # Panics
/// Never: it is made of plain data.
fn shell(settings: &PageSettings, assets: &str) -> Embedded {
    let modules = MODULES.iter().map(|(name, _)| *name);
    let text = |url: &Option<_>| url.as_ref().map(ToString::to_string).unwrap_or_default();
    let (issuer, controls) = (text(&settings.issuer), text(&settings.controls));
    let (issuer, controls) = (issuer.trim_end_matches('/'), controls.trim_end_matches('/'));
    let shell = Shell { assets, modules: modules.collect(), issuer, controls, settings };
    let html = shell.render().expect("it is made of plain data");
    let policy = HeaderValue::try_from(policy(settings)).expect("addresses are visible ASCII");
    let headers = SECURITY.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Embedded::new(html, "text/html; charset=utf-8", "no-cache")
        .with(headers.into_iter().chain([(header::CONTENT_SECURITY_POLICY, policy)]))
}

/// What the page may load and call: itself, the issuer to sign in, and the controls of a shop on this machine.
/// It makes no HTML of texts.
fn policy(settings: &PageSettings) -> String {
    let called = settings.issuer.iter().chain(&settings.controls);
    let called = called.map(|url| url.origin().ascii_serialization());
    let called: Vec<_> = [String::from("'self'")].into_iter().chain(called).collect();
    let called = called.join(" ");
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src {called}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

async fn asset(
    State(assets): State<Arc<Assets>>,
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(file) = assets.files.get(name.as_str()) else {
        let detail = "the page has no such file";
        return Problem::new(Kind::UnknownRoute, detail).into_response();
    };
    let mut response = file.answer(&headers);
    if version != assets.version {
        let cached = HeaderValue::from_static(OTHER_VERSION);
        response.headers_mut().insert(header::CACHE_CONTROL, cached);
    }
    response
}

#[cfg(test)]
mod tests;
