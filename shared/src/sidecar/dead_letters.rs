//! Dead letters as they are delivered: as bytes, since some are not events.

use super::delivery::Delivery;
use super::pubsub::PUBSUB;
use crate::domain::dead_letter::Subscription;
use crate::http::Json;
use crate::http::extract::read_body;
use crate::observe;
use crate::ports::{Chain, DeadLetters, Failure, OrFail, Result};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::routing::{get, post};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most bytes of a delivery: a message of 1 MiB, in Base64. A message may be larger than what functions read,
/// which is why they gave up on it; one that is larger than this stays in the broker.
const MAX_BYTES: usize = 1_500_000;

/// Subscribes to the dead letters of `subscriptions`, a JSON array, and records them among `letters`. One that cannot be
/// recorded now is delivered again, for as long as it takes.
///
/// # Panics
/// When `subscriptions` is anything else.
pub fn on<D: DeadLetters>(subscriptions: &str, letters: D) -> Router {
    let subscriptions: Vec<Subscription> =
        serde_json::from_str(subscriptions).expect("it is a list of subscriptions");
    let subscribed = Json(subscriptions.iter().map(subscription).collect::<Value>());
    Router::new()
        .route("/dapr/subscribe", get(async move || subscribed))
        .route("/events/{topic}", post(deliver::<D>))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .with_state((subscriptions.into(), letters))
}

/// A [raw subscription](https://docs.dapr.io/developing-applications/building-blocks/pubsub/pubsub-raw/): otherwise the
/// sidecar would drop what is not an event.
fn subscription(of: &Subscription) -> Value {
    let topic = of.dead_letter_topic();
    json!({
        "pubsubname": PUBSUB,
        "topic": topic,
        "route": format!("/events/{topic}"),
        "metadata": {"rawPayload": "true"},
    })
}

async fn deliver<D: DeadLetters>(
    State((subscriptions, letters)): State<(Arc<[Subscription]>, D)>,
    Path(topic): Path<String>,
    request: Request,
) -> Delivery {
    let subscription = subscriptions.iter().find(|it| it.dead_letter_topic() == topic);
    let recorded = match subscription {
        Some(subscription) => record(subscription, &letters, request).await,
        None => Err(unreadable("it is of another topic").into()),
    };
    match recorded {
        Ok(()) => {
            observe::delivered(&topic, "success");
            Delivery::Success
        }
        Err(error) => {
            tracing::error!(event.topic = topic, error = %Chain(&error), "a dead letter could not be recorded; it will be delivered again");
            observe::delivered(&topic, "retry");
            Delivery::Retry
        }
    }
}

/// What the sidecar makes of a message that it does not read.
#[derive(Deserialize)]
struct Raw {
    data_base64: String,
}

async fn record(of: &Subscription, letters: &impl DeadLetters, request: Request) -> Result<()> {
    let body = read_body(request).await.map_err(|_| unreadable("it is too large, or too slow"))?;
    let raw: Raw = serde_json::from_slice(&body).or_fail(DEAD_LETTER, READ)?;
    let message = BASE64_STANDARD.decode(raw.data_base64).or_fail(DEAD_LETTER, READ)?;
    let letter = letters.record(of.clone(), &message).await?;
    if letter.is_open() {
        let topic = &of.topic;
        tracing::error!(event.topic = topic, event.function = of.function, letter.id = %letter.letter_id, error = letter.reason, "a dead letter waits to be resent or dropped");
    }
    Ok(())
}

const DEAD_LETTER: &str = "dead letter";

const READ: &str = "be read";

fn unreadable(why: &str) -> Failure {
    Failure::new(DEAD_LETTER, READ, why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::fake_dead_letters;
    use crate::testing::{conforms, send};

    const SUBSCRIPTIONS: &str = r#"[{"topic": "orders", "function": "notify-order"}]"#;

    const ROUTE: &str = "POST /events/orders-notify-order-dead";

    fn letters() -> impl DeadLetters {
        fake_dead_letters().0
    }

    async fn verdict(letters: &impl DeadLetters, route: &str, message: &[u8]) -> Value {
        let delivery = json!({"id": "x", "data_base64": BASE64_STANDARD.encode(message)});
        let (status, body) = send(on(SUBSCRIPTIONS, letters.clone()), route, &delivery).await;
        assert_eq!(status, 200);
        body["status"].clone()
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(on(SUBSCRIPTIONS, letters()), &[], &[ROUTE]).await;
    }

    #[tokio::test]
    async fn dead_letters_are_subscribed_to_as_they_are() {
        let route = "GET /dapr/subscribe";
        let (_, subscribed) = send(on(SUBSCRIPTIONS, letters()), route, &Value::Null).await;
        let topic = "orders-notify-order-dead";
        let expected = json!([{
            "pubsubname": "pubsub", "topic": topic, "route": format!("/events/{topic}"),
            "metadata": {"rawPayload": "true"}
        }]);
        assert_eq!(subscribed, expected);
    }

    #[tokio::test]
    async fn every_message_is_recorded_even_one_that_no_function_would_read() {
        let letters = letters();
        let large = "x".repeat(500_000);
        for message in
            [&br#"{"specversion": "1.0", "id": "1"}"#[..], b"", b"\xff", large.as_bytes()]
        {
            assert_eq!(verdict(&letters, ROUTE, message).await, "SUCCESS");
        }
        let page = letters.page(None, 9).await.unwrap();
        assert_eq!(page.letters.len(), 4);
        assert!(page.letters.iter().all(|it| it.subscription.function == "notify-order"));
    }

    #[tokio::test]
    async fn what_cannot_be_recorded_is_delivered_again() {
        let letters = letters();
        assert_eq!(verdict(&letters, "POST /events/payments-other-dead", b"x").await, "RETRY");
        let huge = "x".repeat(MAX_BYTES);
        assert_eq!(verdict(&letters, ROUTE, huge.as_bytes()).await, "RETRY");
        let (_, no_data) = send(on(SUBSCRIPTIONS, letters.clone()), ROUTE, &json!({})).await;
        assert_eq!(no_data["status"], "RETRY");
        assert!(letters.page(None, 9).await.unwrap().letters.is_empty());
    }
}
