//! The broker and the mailer.

use super::Grpc;
use crate::ports::{Delivered, Failure, Mail, Mailer, OrFail, Publisher, Result};
use dapr::dapr::proto::runtime::v1::{InvokeBindingRequest, PublishEventRequest};
use serde::Serialize;
use std::collections::HashMap;
use tracing::Instrument;

/// The Dapr component of the broker.
pub const PUBSUB: &str = "pubsub";

/// The metadata by which Service Bus detects duplicates.
const MESSAGE_ID: &str = "MessageId";

/// The Dapr output binding of the mail server.
const EMAIL: &str = "email";

const PUBLISH: &str = "publish an event";

/// The broker behind component `pubsub`.
#[derive(Debug, Clone)]
pub struct Broker(pub(super) Grpc);

impl Publisher for Broker {
    async fn publish(&self, topic: &str, event: &(impl Serialize + Sync)) -> Result<()> {
        let event = serde_json::to_value(event).or_fail(PUBSUB, PUBLISH)?;
        let id = event["id"].as_str().map(str::to_owned);
        self.send(topic, event.to_string(), id).await
    }

    async fn publish_as(
        &self,
        topic: &str,
        event: &(impl Serialize + Sync),
        message_id: String,
    ) -> Result<()> {
        let event = serde_json::to_string(event).or_fail(PUBSUB, PUBLISH)?;
        self.send(topic, event, Some(message_id)).await
    }
}

impl Broker {
    async fn send(&self, topic: &str, event: String, message_id: Option<String>) -> Result<()> {
        let request = PublishEventRequest {
            pubsub_name: PUBSUB.to_owned(),
            topic: topic.to_owned(),
            data: event.into_bytes(),
            data_content_type: "application/cloudevents+json".to_owned(),
            metadata: message_id.map(|id| (MESSAGE_ID.to_owned(), id)).into_iter().collect(),
        };
        let span = tracing::info_span!(
            "publish",
            otel.kind = "producer",
            otel.name = format!("publish {topic}"),
            messaging.system = "dapr",
            messaging.operation.r#type = "send",
            messaging.destination.name = topic,
        );
        // The call captures the span when it is made, not when it is awaited.
        let publish = async { self.0.dapr().publish_event(request).await };
        publish.instrument(span).await.or_fail(PUBSUB, PUBLISH)?;
        Ok(())
    }
}

/// The mail server behind binding `email`.
#[derive(Debug, Clone)]
pub struct MailServer(pub(super) Grpc);

impl Mailer for MailServer {
    /// Every request sets its recipient and subject: the SMTP binding would otherwise use those of the
    /// previous request.
    async fn send(&self, mail: &Mail) -> Result<Delivered> {
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
        let send = async { self.0.long_running().invoke_binding(request).await };
        match send.instrument(span).await {
            Ok(_) => Ok(Delivered::Accepted),
            Err(status) => match rejection(status.message(), to.as_str()) {
                Some(reason) => Ok(Delivered::Rejected(reason)),
                None => Err(Failure::new(EMAIL, "send a mail", status).into()),
            },
        }
    }
}

/// Why a mail to `to` is rejected permanently, according to `error` of the SMTP binding: its address is
/// invalid, or the mail server responded with a 5xx
/// ([RFC 5321 §4.2.1](https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1)) to the mail itself. A
/// 5xx to the greeting or the login does not concern the mail.
fn rejection(error: &str, to: &str) -> Option<String> {
    let (_, answer) = error.split_once("could not send email 1: ")?;
    let code = answer.as_bytes().first_chunk()?;
    let refused = matches!(code, [b'5', b'0'..=b'9', b'0'..=b'9']);
    let unreadable = answer.starts_with(&format!("gomail: invalid address {to:?}"));
    (refused || unreadable).then(|| answer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINDING: &str =
        "error invoking output binding email: error from smtp binding, sending email failed: ";

    fn reason(error: &str) -> Option<String> {
        rejection(&format!("{BINDING}{error}"), "ann..b@example.com")
    }

    #[test]
    fn an_address_that_cannot_be_read_and_a_permanent_answer_reject_a_mail() {
        let unreadable = r#"gomail: invalid address "ann..b@example.com": mail: double dot"#;
        for why in [unreadable, "550 5.1.1 no such mailbox", "554 refused"] {
            let error = format!("gomail: could not send email 1: {why}");
            assert_eq!(reason(&error).as_deref(), Some(why));
        }
    }

    #[test]
    fn every_other_failure_is_temporary() {
        for error in [
            "gomail: could not send email 1: 451 try again",
            "gomail: could not send email 1: EOF",
            "gomail: could not send email 1: 5",
            r#"gomail: could not send email 1: gomail: invalid address "shop": mail: no angle-addr"#,
            "535 authentication failed",
            "554 no service here",
            "dial tcp 127.0.0.1:1025: connect: connection refused",
        ] {
            assert_eq!(reason(error), None, "{error}");
        }
    }
}
