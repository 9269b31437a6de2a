//! How streams are framed, resumed and ended.

use super::*;
use crate::domain::order::Progress as Noted;
use crate::domain::saga::{Cause, Outcome, Step, Stop};
use crate::domain::{PaymentId, Refusal};
use crate::testing::fakes::FakeProgress;
use crate::testing::orders::euro;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::request::Builder;
use axum::routing::get;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::Instant;
use tower::ServiceExt;

struct Api {
    progress: FakeProgress,
    id: OrderId,
    stop: CancellationToken,
    router: Router,
}

impl Api {
    /// A router with room for two streams, and an order.
    fn open() -> Self {
        let (progress, stop) = (FakeProgress::default(), CancellationToken::new());
        let id = progress.note(&[]);
        let served = Events::new(progress.clone(), 2, stop.clone());
        let route = get(events::<FakeProgress>).layer(Extension(served));
        let router = Router::new().route("/api/orders/{order_id}/events", route);
        Self { progress, id, stop, router }
    }

    async fn ask(&self, id: &str, with: impl FnOnce(Builder) -> Builder) -> Response {
        let request = with(axum::http::Request::get(format!("/api/orders/{id}/events")));
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    async fn watch(&self, last: &str) -> Response {
        self.ask(self.id.as_str(), |request| request.header("last-event-id", last)).await
    }

    fn note(&self, happens: &[Noted]) {
        assert_eq!(self.progress.note(happens), self.id);
    }
}

/// What is sent until the stream ends: name, id and data of each event.
async fn events_of(response: Response) -> Vec<(String, String, Value)> {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    let sent = response.into_body().collect().await.unwrap().to_bytes();
    let sent = String::from_utf8(sent.to_vec()).unwrap();
    let (hello, events) = sent.split_once("\n\n").unwrap();
    assert_eq!(hello, "retry: 2000");
    let field = |event: &str, name: &str| {
        let value = event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        value.unwrap_or_default().to_owned()
    };
    let events = events.split("\n\n").filter(|event| event.starts_with("event"));
    let events = events.map(|event| {
        let data = serde_json::from_str(&field(event, "data")).unwrap();
        (field(event, "event"), field(event, "id"), data)
    });
    events.collect()
}

fn refunded() -> Vec<Noted> {
    let stop = Stop::Refused(Refusal::CountryNotServed { country: "AQ".parse().unwrap() });
    let cause = Cause { step: Step::Ship, stop };
    vec![
        Noted::Reserved { total: euro(5) },
        Noted::Paid { payment_id: PaymentId::of(&crate::testing::orders::placed_order().order_id) },
        Noted::Stopped(cause.clone()),
        Noted::Undone(Step::ReleaseStock),
        Noted::PaymentUndone { refunded: Some(euro(5)) },
        Noted::Ended(Outcome::Cancelled { cause }),
    ]
}

#[tokio::test]
async fn each_step_and_undo_is_an_event_and_the_end_is_the_last() {
    let api = Api::open();
    let watched = tokio::spawn(events_of(api.watch("").await));
    for noted in refunded() {
        api.note(&[noted]);
        tokio::task::yield_now().await;
    }
    let events = watched.await.unwrap();
    let shown: Vec<_> = events
        .iter()
        .map(|(name, id, data)| (name.as_str(), id.as_str(), data["step"].as_str().unwrap_or("")))
        .collect();
    let expected = [
        ("step", "0", "create"),
        ("step", "1", "reserve"),
        ("step", "2", "pay"),
        ("step", "3", "ship"),
        ("undo", "4", "release-stock"),
        ("undo", "5", "refund-payment"),
        ("end", "6", ""),
    ];
    assert_eq!(shown, expected);
    assert_eq!(events[3].2["state"], "refused");
    assert_eq!(events[6].2["status"], "cancelled");
    assert_eq!(events[6].2["reason"]["code"], "country-not-served");
}

#[tokio::test]
async fn a_client_that_reconnects_gets_what_it_has_not_seen() {
    let api = Api::open();
    api.note(&refunded());
    for (last, ids) in
        [("", vec!["0", "1", "2", "3", "4", "5", "6"]), ("4", vec!["5", "6"]), ("5", vec!["6"])]
    {
        let events = events_of(api.watch(last).await).await;
        assert_eq!(events.iter().map(|(_, id, _)| id.as_str()).collect::<Vec<_>>(), ids, "{last}");
    }
    for last in ["6", "40"] {
        assert_eq!(api.watch(last).await.status(), 204);
    }
    let problem = api.watch("last").await;
    assert_eq!(problem.status(), 422);
}

#[tokio::test]
async fn an_order_is_watched_once_for_all_of_its_streams() {
    let api = Api::open();
    let first = tokio::spawn(events_of(api.watch("").await));
    let second = tokio::spawn(events_of(api.watch("0").await));
    assert_eq!(api.watch("").await.status(), 503, "there is room for two");
    api.note(&refunded());
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(first[1..], second);
    let waits = api.progress.waits().len();
    assert!(waits <= 2, "{waits} waits");
    assert_eq!(api.watch("6").await.status(), 204, "there is room again");
}

/// The next bytes, and how long they took.
async fn sent(body: &mut Body) -> (Option<Bytes>, Duration) {
    let began = Instant::now();
    let frame = body.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
    (frame, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_kept_alive_and_ends_after_its_limit_or_on_stop() {
    let api = Api::open();
    let (mut old, mut stopped) =
        (api.watch("0").await.into_body(), api.watch("0").await.into_body());
    assert_eq!(sent(&mut old).await.0.unwrap(), "retry: 2000\n\n");
    assert_eq!(sent(&mut old).await, (Some(Bytes::from_static(b":\n\n")), KEEP_ALIVE));
    assert_eq!(sent(&mut stopped).await.0.unwrap(), "retry: 2000\n\n");
    let began = Instant::now();
    while sent(&mut old).await.0.is_some() {}
    assert_eq!(began.elapsed() + KEEP_ALIVE, MAX_AGE);
    api.stop.cancel();
    assert_eq!(sent(&mut stopped).await.0, None);
}

#[tokio::test]
async fn an_order_is_streamed_to_those_who_may_read_its_status() {
    let api = Api::open();
    api.note(&refunded());
    let asked = async |id: &str, caller: &str| {
        let caller: Caller = caller.parse().unwrap();
        api.ask(id, |request| request.extension(caller)).await.status().as_u16()
    };
    let id = api.id.as_str();
    assert_eq!(asked(id, "ann orders").await, 200);
    assert_eq!(asked(id, "bob orders.admin").await, 200);
    assert_eq!(asked(id, "bob orders").await, 404);
    assert_eq!(asked("nothing", "ann orders").await, 404);
}

#[tokio::test]
async fn what_cannot_be_served_is_a_problem() {
    let api = Api::open();
    let html = api.ask(api.id.as_str(), |request| request.header("accept", "text/html")).await;
    assert_eq!(html.status(), 406);
    assert_eq!(api.ask("A", |request| request).await.status(), 422);
    for name in ["host", "authorization", "last-event-id"] {
        let twice = |request: Builder| request.header(name, "1").header(name, "1");
        assert_eq!(api.ask(api.id.as_str(), twice).await.status(), 422, "{name}");
    }
    let query = format!("{}/events?verbose=1", api.id);
    let request = axum::http::Request::get(format!("/api/orders/{query}")).body(Body::empty());
    let answer = api.router.clone().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 422);
    api.progress.fail_next();
    let failed = api.watch("").await;
    assert_eq!(failed.status(), 503);
    let body = failed.into_body().collect().await.unwrap().to_bytes();
    let problem: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["code"], json!("dependency-unavailable"));
}
