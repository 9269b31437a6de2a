//! The HTML pages: the newest traces, and one trace as a waterfall.

use crate::pages::{self, MAX_LISTED};
use crate::trace::record::TraceSummary;
use crate::trace::sink::Sink;
use crate::trace::span::{Span, timestamp};
use crate::trace::waterfall::{self, Hues, Row};
use crate::trace::{attributes, duration};
use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// How many spans a waterfall shows; the API has the others.
const MAX_ROWS: usize = 1_000;

pub(crate) fn routes(sink: &Sink) -> Router {
    Router::new()
        .route("/", get(list_traces))
        .route("/traces/{id}", get(read_trace))
        .with_state(sink.clone())
}

#[derive(Template)]
#[template(path = "trace/traces.html")]
struct TracesPage {
    traces: Vec<Listed>,
    total: usize,
    order: Option<String>,
}

/// A trace as the list shows it.
struct Listed {
    summary: TraceSummary,
    duration: String,
}

#[derive(Template)]
#[template(path = "trace/trace.html")]
struct TracePage {
    summary: TraceSummary,
    duration: String,
    hues: Hues,
    ticks: Vec<String>,
    start: u64,
    rows: Vec<Row>,
}

/// What the list shows: the traces of an order, or in their place the one with the last try of a step of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Selection {
    order_id: Option<String>,
    step: Option<String>,
}

async fn list_traces(
    State(sink): State<Sink>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> Response {
    let Selection { order_id: order, step } = match selection {
        Ok(Query(selection)) => selection,
        Err(rejection) => return rejection.into_response(),
    };
    if let Some(found) = order.as_deref().zip(step).and_then(|it| place(&sink, it.0, &it.1)) {
        return Redirect::to(&found).into_response();
    }
    let page = {
        let state = sink.state();
        let traces = state.traces.newest(order.as_deref());
        let listed = traces.iter().take(MAX_LISTED).map(|trace| Listed {
            summary: trace.summary(),
            duration: duration::human(trace.duration()),
        });
        TracesPage { traces: listed.collect(), total: traces.len(), order }
    };
    pages::page(&page)
}

/// Where the last try of a step of an order is shown, if there was one.
fn place(sink: &Sink, order: &str, step: &str) -> Option<String> {
    let state = sink.state();
    let traces = state.traces.newest(Some(order)).into_iter();
    let spans = traces.flat_map(|trace| trace.spans().map(|span| (&trace.id, span)));
    let tries = spans.filter(|(_, span)| span.is_try_of(step, order));
    let (trace, span) = tries.max_by_key(|(_, span)| span.start)?;
    Some(format!("/traces/{trace}#{}", span.span_id))
}

async fn read_trace(State(sink): State<Sink>, Path(id): Path<String>) -> Response {
    match trace_page(&sink, &id) {
        Some(page) => pages::page(&page),
        None => pages::not_found("trace", &id),
    }
}

fn trace_page(sink: &Sink, id: &str) -> Option<TracePage> {
    let state = sink.state();
    let trace = state.traces.trace(id)?;
    let spans = trace.spans_by_start();
    let hues = waterfall::hues(&spans);
    let mut rows = waterfall::rows(&spans, &hues);
    rows.truncate(MAX_ROWS);
    let (start, total) = waterfall::extent(&spans);
    let (duration, ticks) = (duration::human(total), waterfall::ticks(total));
    Some(TracePage { summary: trace.summary(), duration, hues, ticks, start, rows })
}

impl TracePage {
    /// How long after the trace's start an event happened.
    fn since_start(&self, at: &Timestamp) -> String {
        let elapsed = at.as_nanosecond() - timestamp(self.start).as_nanosecond();
        let after = |elapsed| format!("after {}", duration::human(elapsed));
        u64::try_from(elapsed).map_or_else(|_| "before the start".to_owned(), after)
    }
}

/// The day and the millisecond, in UTC.
fn time(at: &Timestamp) -> String {
    at.strftime("%F %T%.3f").to_string()
}

/// The list of the traces of an order.
fn order_link(order: &str) -> String {
    let order: String = form_urlencoded::byte_serialize(order.as_bytes()).collect();
    format!("/?order_id={order}")
}

fn span_duration(span: &Span) -> String {
    duration::human(span.duration())
}

fn kind(span: &Span) -> String {
    format!("{:?}", span.kind).to_lowercase()
}

fn status(span: &Span) -> String {
    format!("{:?}", span.status).to_lowercase()
}

fn text(value: &Value) -> String {
    attributes::text(value)
}
