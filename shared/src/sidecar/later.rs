//! Events that are published later, by reminders: one actor per event, only for that.

use super::pubsub::Broker;
use super::reminders::Reminder;
use super::{Grpc, Sidecar};
use crate::domain::event::{CloudEvent, Topic};
use crate::ports::{Chain, Later, OrFail, Publisher, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// The actor type. An actor's id is derived from its event's.
const ACTOR_TYPE: &str = "later";

/// The scheduler, which reminds this function to publish events.
#[derive(Debug, Clone)]
pub struct Reminders(pub(super) Grpc);

/// The payload of a reminder.
#[derive(Serialize, Deserialize)]
struct Due {
    topic: String,
    event: CloudEvent,
    /// The id of this message: Service Bus drops duplicates of an id.
    message_id: Uuid,
}

impl Later for Reminders {
    async fn publish_after(
        &self,
        wait: Duration,
        topic: Topic,
        event: &CloudEvent,
        number: u32,
    ) -> Result<()> {
        let topic = topic.name().to_owned();
        let due = Due { topic, event: event.clone(), message_id: Uuid::now_v7() };
        let reminder = Reminder {
            actor_type: ACTOR_TYPE,
            actor_id: &Uuid::new_v5(&Uuid::NAMESPACE_OID, event.id.as_bytes()).to_string(),
            name: &format!("number-{number}"),
            delay: SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX),
            data: serde_json::to_vec(&due).or_fail(ACTOR_TYPE, "keep an event")?,
        };
        Ok(self.0.remind(reminder).await?)
    }
}

/// The routes by which `sidecar` reminds this function of events.
pub fn host(sidecar: &Sidecar) -> Router {
    Router::new()
        .route("/dapr/config", get(config))
        .route("/actors/later/{event}", delete(async || StatusCode::OK))
        .route("/actors/later/{event}/method/remind/{number}", put(publish))
        .with_state(sidecar.publisher())
}

async fn config() -> Json<Value> {
    Json(
        json!({"entities": [ACTOR_TYPE], "actorIdleTimeout": "1m", "drainOngoingCallTimeout": "5s"}),
    )
}

/// A reminder as Dapr delivers it: the payload is Base64.
#[derive(Deserialize)]
struct Fired {
    data: String,
}

async fn publish(State(broker): State<Broker>, Json(fired): Json<Fired>) -> StatusCode {
    let due = match read(&fired) {
        Ok(due) => due,
        Err(failure) => {
            tracing::error!(error = %Chain(&failure), "a reminder cannot be read; its event is lost");
            return StatusCode::OK;
        }
    };
    match broker.publish_as(&due.topic, &due.event, due.message_id.to_string()).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::warn!(event.id = due.event.id, error = %Chain(&error), "event {} cannot be published now; it is published later", due.event.id);
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn read(fired: &Fired) -> std::result::Result<Due, crate::ports::Failure> {
    const READ: &str = "read a reminder";
    let data = BASE64_STANDARD.decode(&fired.data).or_fail(ACTOR_TYPE, READ)?;
    serde_json::from_slice(&data).or_fail(ACTOR_TYPE, READ)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{no_sidecar, send};

    #[tokio::test]
    async fn a_reminder_that_cannot_be_read_is_not_retried_and_one_without_a_broker_is() {
        let route = "PUT /actors/later/a/method/remind/number-1";
        let fired = |data: &[u8]| json!({"data": BASE64_STANDARD.encode(data), "dueTime": "1s", "period": ""});
        assert_eq!(send(host(&no_sidecar()), route, &fired(b"{}")).await.0, 200);
        let event = json!({
            "specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "a",
            "time": "2027-01-15T08:00:00Z", "data": {}
        });
        let due = json!({"topic": "notifications", "event": event, "message_id": Uuid::nil()});
        assert_eq!(
            send(host(&no_sidecar()), route, &fired(due.to_string().as_bytes())).await.0,
            503
        );
    }
}
