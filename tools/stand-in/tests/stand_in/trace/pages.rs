//! The pages: what they show, and that no script of a trace runs in them.

use crate::support::assert_runs_nothing;
use crate::trace::support::Program;
use crate::trace::wire::{failed, of_order, span, text, trace_id};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::Event;

#[tokio::test]
async fn the_list_shows_the_newest_trace_first() {
    let program = Program::start().await;
    let empty = program.get("/").await;
    assert_eq!(empty.status, 200);
    assert!(empty.page().contains("No trace yet"), "{}", empty.page());
    let first = failed(of_order(span(1, 1, 0, "POST /orders"), "o/1"), "no");
    program.store("place-order", vec![first, span(2, 2, 0, "GET /orders")]).await;
    let answer = program.get("/").await;
    let body = answer.page();
    let at = |part: &str| body.find(part).unwrap_or_else(|| panic!("{part} is not in {body}"));
    assert!(at(&trace_id(2)) < at(&trace_id(1)) && at("GET /orders") < at("POST /orders"));
    for part in ["2 traces", "1 error<", "/?order_id=o%2F1", "1.00 ms", "place-order"] {
        at(part);
    }
}

#[tokio::test]
async fn the_list_shows_the_traces_of_an_order() {
    let program = Program::start().await;
    let spans = vec![of_order(span(1, 1, 0, "one"), "a"), of_order(span(2, 2, 0, "two"), "b")];
    program.store("x", spans).await;
    let answer = program.get("/?order_id=a").await;
    let body = answer.page();
    assert!(body.contains("one") && !body.contains("two") && body.contains("1 trace "), "{body}");
    assert!(program.get("/?order_id=c").await.page().contains("No trace of this order yet"));
    assert_eq!(program.get("/?order=a").await.status, 400);
}

#[tokio::test]
async fn the_last_try_of_a_step_of_an_order_is_shown_in_its_trace() {
    let program = Program::start().await;
    let of_step = |trace, id, order: &str, step: &str| {
        let mut found = of_order(span(trace, id, 0, &format!("try {id}")), order);
        found.attributes.push(text("saga.step", step));
        found
    };
    let spans = vec![
        of_step(1, 1, "a", "pay"),
        of_step(1, 2, "a", "pay"),
        of_step(2, 3, "a", "ship"),
        of_step(3, 4, "b", "pay"),
    ];
    program.store("x", spans).await;
    let shown = program.get("/?order_id=a&step=pay").await;
    let body = shown.page();
    assert!(body.contains("id=\"0000000000000002\"") && !body.contains("try 3"), "{body}");
    for step in ["", "create"] {
        let answer = program.get(&format!("/?order_id=a&step={step}")).await;
        assert!(answer.page().contains("2 traces "), "{}", answer.page());
    }
}

#[tokio::test]
async fn a_long_list_shows_two_hundred_and_says_so() {
    let program = Program::start().await;
    program.store("x", (1..=201).map(|trace| span(trace, 1, 0, "x")).collect()).await;
    let answer = program.get("/").await;
    assert_eq!(answer.page().matches("href=\"/traces/").count(), 200);
    assert!(answer.page().contains("The newest 200 are shown"));
}

#[tokio::test]
async fn a_long_trace_shows_a_thousand_spans_and_says_so() {
    let program = Program::start().await;
    program.store("x", (1..=1_001).map(|id| span(1, id, id - 1, "x")).collect()).await;
    let answer = program.get(&format!("/traces/{}", trace_id(1))).await;
    assert_eq!(answer.page().matches("<details").count(), 1_000);
    assert!(answer.page().contains("The first 1000 spans are shown"));
}

#[tokio::test]
async fn the_waterfall_shows_the_tree_and_missing_parents() {
    let program = Program::start().await;
    let spans = vec![
        span(1, 1, 0, "root"),
        span(1, 2, 1, "child"),
        failed(span(1, 3, 2, "grandchild"), "too late"),
        span(1, 4, 99, "orphan"),
    ];
    program.store("x", spans).await;
    let answer = program.get(&format!("/traces/{}", trace_id(1))).await;
    let body = answer.page();
    for (name, part) in [
        ("root", "--indent: 0; --offset: 0; --width: 250"),
        ("child", "--indent: 1; --offset: 250; --width: 250"),
        ("grandchild", "--indent: 2; --offset: 500; --width: 250"),
        ("orphan", "--indent: 0; --offset: 750; --width: 250"),
    ] {
        let end = body.find(&format!("<span class=\"name\">{name}<")).unwrap();
        let start = body[..end].rfind("<details").unwrap();
        assert!(body[start..end].contains(part), "{name}: {}", &body[start..end]);
    }
    assert_eq!(body.matches("parent missing").count(), 1);
    assert!(body.contains("error: too late"), "{body}");
}

#[tokio::test]
async fn no_markup_of_a_trace_becomes_markup_of_a_page() {
    let program = Program::start().await;
    let script = |name: &str| format!("\"></dd><script>{name}()</script>");
    let event = Event {
        name: script("event"),
        attributes: vec![text(&script("event_key"), &script("event_value"))],
        ..Event::default()
    };
    let hostile = Span {
        attributes: vec![
            text("order.id", &script("order")),
            text(&script("key"), &script("value")),
        ],
        events: vec![event],
        ..failed(span(1, 1, 0, &script("name")), &script("message"))
    };
    program.store(&script("service"), vec![hostile]).await;
    let trace = format!("/traces/{}", trace_id(1));
    for path in ["/", &trace, "/?order_id=%3Cscript%3Eid()", "/traces/%3Cscript%3Eid()"] {
        let answer = program.get(path).await;
        assert_runs_nothing(&answer);
    }
    let answer = program.get(&trace).await;
    for name in ["name", "service", "order", "key", "value", "message", "event", "event_key"] {
        assert!(answer.page().contains(&format!("script&#62;{name}()")), "{name}");
    }
}

#[tokio::test]
async fn an_unknown_trace_gets_a_404_page() {
    let program = Program::start().await;
    let answer = program.get("/traces/7").await;
    assert_eq!(answer.status, 404);
    assert!(answer.page().contains("There is no trace 7"), "{}", answer.page());
}
