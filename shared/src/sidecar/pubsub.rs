//! The broker and the way to mailboxes.

use super::Grpc;
use crate::ports::{Mail, Mailer, OrFail, Publisher, Result};
use dapr::dapr::proto::runtime::v1::{InvokeBindingRequest, PublishEventRequest};
use serde::Serialize;
use std::collections::HashMap;
use tracing::Instrument;

/// The Dapr component that events go through.
pub const PUBSUB: &str = "pubsub";

/// The metadata by which Service Bus tells a message that is published again.
const MESSAGE_ID: &str = "MessageId";

/// The Dapr output binding that mails go through.
const EMAIL: &str = "email";

/// The broker behind component `pubsub`.
#[derive(Debug, Clone)]
pub struct Broker(pub(super) Grpc);

impl Publisher for Broker {
    async fn publish(&self, topic: &str, event: &(impl Serialize + Sync)) -> Result<()> {
        const PUBLISH: &str = "publish an event";
        let event = serde_json::to_value(event).or_fail(PUBSUB, PUBLISH)?;
        let id = event["id"].as_str().map(|id| (MESSAGE_ID.to_owned(), id.to_owned()));
        let request = PublishEventRequest {
            pubsub_name: PUBSUB.to_owned(),
            topic: topic.to_owned(),
            data: event.to_string().into_bytes(),
            data_content_type: "application/cloudevents+json".to_owned(),
            metadata: id.into_iter().collect(),
        };
        let span = tracing::info_span!(
            "publish",
            otel.kind = "producer",
            otel.name = format!("publish {topic}"),
            messaging.system = "dapr",
            messaging.operation.r#type = "send",
            messaging.destination.name = topic,
        );
        // The call names its span when it is made, not when it is awaited.
        let publish = async { self.0.dapr().publish_event(request).await };
        publish.instrument(span).await.or_fail(PUBSUB, PUBLISH)?;
        Ok(())
    }
}

/// The mail server behind binding `email`.
#[derive(Debug, Clone)]
pub struct MailServer(pub(super) Grpc);

impl Mailer for MailServer {
    /// Every request names its recipient and subject: the SMTP binding would take those of the
    /// request before.
    async fn send(&self, mail: &Mail) -> Result<()> {
        let Mail { to, subject, html } = mail;
        let metadata = [("emailTo", to.as_str()), ("subject", subject)];
        let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = InvokeBindingRequest {
            name: EMAIL.to_owned(),
            data: html.clone().into_bytes(),
            metadata: HashMap::from(metadata),
            operation: "create".to_owned(),
        };
        let span = tracing::info_span!("send a mail", otel.kind = "client", peer.service = EMAIL);
        let send = async { self.0.patient().invoke_binding(request).await };
        send.instrument(span).await.or_fail(EMAIL, "send a mail")?;
        Ok(())
    }
}
