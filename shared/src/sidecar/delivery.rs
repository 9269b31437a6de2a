//! Events as they are delivered: a broker reads verdicts, not statuses
//! ([Dapr](https://docs.dapr.io/reference/api/pubsub_api/#expected-http-response)).

use super::pubsub::PUBSUB;
use crate::domain::dead_letter::{REASON, Subscription};
use crate::domain::event::{CloudEvent, Poison, Topic};
use crate::http::Json;
use crate::http::extract::read_body;
use crate::observe;
use crate::ports::{Chain, Error, Failure, Publisher};
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tracing::Span;

/// The verdict on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Processed; Dapr acknowledges it.
    Success,
    /// To be delivered again; after some attempts it becomes a dead letter.
    Retry,
}

impl IntoResponse for Delivery {
    fn into_response(self) -> Response {
        let status = match self {
            Self::Success => "SUCCESS",
            Self::Retry => "RETRY",
        };
        Json(json!({"status": status})).into_response()
    }
}

/// Why a message was not handled.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// Invalid; redelivery would not help.
    #[error("the message is poison")]
    Poison(#[from] Poison),
    /// Valid, but processing it again would not help either.
    #[error("{0}")]
    Hopeless(String),
    /// A failure that a redelivery may resolve.
    #[error("the message could not be handled")]
    Failed(#[from] Failure),
}

impl From<Error> for DeliveryError {
    fn from(error: Error) -> Self {
        match error {
            Error::Failed(failure) => Self::Failed(failure),
            // A refusal has no caller to return to, and a retry would be refused again.
            Error::Refused(refusal) => Self::Poison(Poison::BadData(refusal.to_string())),
        }
    }
}

/// The topic of the dead letters of `function` from `topic`.
#[must_use]
pub fn dead_letter_topic(topic: Topic, function: &str) -> String {
    let (topic, function) = (topic.name().to_owned(), function.to_owned());
    Subscription { topic, function }.dead_letter_topic()
}

/// Subscribes `function` to `topic`: `handle` processes each event. Invalid messages become dead
/// letters immediately, with their reason.
pub fn on<P, H, F>(topic: Topic, function: &'static str, publisher: P, handle: H) -> Router
where
    P: Publisher,
    H: Fn(CloudEvent) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), DeliveryError>> + Send,
{
    let dead_letters = dead_letter_topic(topic, function);
    let route = format!("/events/{}", topic.name());
    let subscription = json!([{
        "pubsubname": PUBSUB,
        "topic": topic.name(),
        "route": route,
        "deadLetterTopic": dead_letters,
    }]);
    let deliver = async move |request: Request| {
        let (verdict, name) = deliver(request, handle, &publisher, &dead_letters).await;
        observe::delivered(topic.name(), name);
        verdict
    };
    Router::new()
        .route("/dapr/subscribe", get(async move || Json(subscription)))
        .route(&route, post(deliver))
}

async fn deliver<F>(
    request: Request,
    handle: impl Fn(CloudEvent) -> F,
    publisher: &impl Publisher,
    dead_letters: &str,
) -> (Delivery, &'static str)
where
    F: Future<Output = Result<(), DeliveryError>>,
{
    let Ok(message) = read_body(request).await else { return (Delivery::Retry, "retry") };
    let handled = match CloudEvent::read(&message) {
        Ok(event) => {
            describe(&event);
            handle(event).await
        }
        Err(poison) => Err(poison.into()),
    };
    match handled {
        Ok(()) => (Delivery::Success, "success"),
        Err(DeliveryError::Failed(failure)) => {
            tracing::warn!(error = %Chain(&failure), "a message will be delivered again");
            (Delivery::Retry, "retry")
        }
        Err(DeliveryError::Poison(poison)) => {
            (dead_letter(publisher, dead_letters, &message, &poison.to_string()).await, "poison")
        }
        Err(DeliveryError::Hopeless(reason)) => {
            (dead_letter(publisher, dead_letters, &message, &reason).await, "hopeless")
        }
    }
}

/// Sets the messaging attributes of the request's span
/// ([conventions](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/)).
fn describe(event: &CloudEvent) {
    let span = Span::current();
    span.record("messaging.message.id", event.id.as_str());
    span.record("order.id", event.order_id());
}

/// Publishes a message as a dead letter, with the reason as an extension of its envelope.
async fn dead_letter(
    publisher: &impl Publisher,
    topic: &str,
    message: &[u8],
    reason: &str,
) -> Delivery {
    tracing::error!(event.topic = topic, error = reason, "a message becomes a dead letter");
    let mut letter = match serde_json::from_slice(message) {
        Ok(Value::Object(envelope)) => Value::Object(envelope),
        _ => json!({"data": String::from_utf8_lossy(message)}),
    };
    letter[REASON] = reason.into();
    match publisher.publish(topic, &letter).await {
        Ok(()) => Delivery::Success,
        Err(error) => {
            tracing::error!(error = %Chain(&error), "a dead letter could not be published; its message will be delivered again");
            Delivery::Retry
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fakes::FakeBroker;
    use crate::testing::{conforms, send};

    fn app(broker: &FakeBroker, fails: bool) -> Router {
        let handle = move |event: CloudEvent| async move {
            match event.kind.as_str() {
                "order.created" if fails => Err(Failure::new("orders", "load", "gone").into()),
                "order.created" => Ok(()),
                _ => Err(event.unknown().into()),
            }
        };
        on(Topic::Orders, "notify-order", broker.clone(), handle)
    }

    fn event(kind: &str) -> Value {
        json!({
            "specversion": "1.0", "id": "1", "source": "s", "type": kind, "subject": "a",
            "time": "2027-01-15T08:00:00Z", "datacontenttype": "application/json",
            "dataschema": "x", "data": {}
        })
    }

    async fn verdict(app: Router, event: &Value) -> Value {
        let (status, body) = send(app, "POST /events/orders", event).await;
        assert_eq!(status, 200);
        body["status"].clone()
    }

    #[tokio::test]
    async fn it_conforms() {
        conforms(app(&FakeBroker::default(), false), &[], &["POST /events/orders"]).await;
    }

    #[tokio::test]
    async fn the_subscription_names_its_topic_its_route_and_its_dead_letters() {
        let (_, verdict) =
            send(app(&FakeBroker::default(), false), "GET /dapr/subscribe", &Value::Null).await;
        let expected = json!([{
            "pubsubname": "pubsub", "topic": "orders", "route": "/events/orders",
            "deadLetterTopic": "orders-notify-order-dead"
        }]);
        assert_eq!(verdict, expected);
    }

    #[tokio::test]
    async fn a_failed_message_is_delivered_again() {
        let broker = FakeBroker::default();
        assert_eq!(verdict(app(&broker, false), &event("order.created")).await, "SUCCESS");
        assert_eq!(verdict(app(&broker, true), &event("order.created")).await, "RETRY");
        assert!(broker.published().is_empty());
    }

    #[tokio::test]
    async fn poison_becomes_a_dead_letter_with_its_reason() {
        let broker = FakeBroker::default();
        assert_eq!(verdict(app(&broker, false), &event("order.exploded")).await, "SUCCESS");
        assert_eq!(verdict(app(&broker, false), &json!("nonsense")).await, "SUCCESS");
        let letters = broker.published();
        assert!(letters.iter().all(|(topic, _)| topic == "orders-notify-order-dead"));
        assert_eq!(letters[0].1["deadletterreason"], "its type order.exploded is unknown here");
        assert!(
            letters[1].1["deadletterreason"]
                .as_str()
                .unwrap()
                .starts_with("it is not a CloudEvent")
        );
    }

    #[tokio::test]
    async fn poison_that_cannot_be_kept_is_delivered_again() {
        let broker = FakeBroker::default();
        broker.fail_next();
        assert_eq!(verdict(app(&broker, false), &event("order.exploded")).await, "RETRY");
    }
}
