//! Publishing of events, and mails.

use super::PortFuture;
use crate::domain::event::{CloudEvent, Event, Topic};
use crate::domain::text::Email;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// The broker.
pub trait Publisher: Clone + Send + Sync + 'static {
    /// Publishes a `CloudEvent` under `topic`.
    fn publish(&self, topic: &str, event: &(impl Serialize + Sync)) -> impl PortFuture<()>;

    /// Publishes a `CloudEvent` again, under a message id of its own: brokers that detect duplicates would otherwise
    /// drop it.
    fn publish_as(
        &self,
        topic: &str,
        event: &(impl Serialize + Sync),
        message_id: String,
    ) -> impl PortFuture<()>;

    /// Publishes `event`, which happened at `time`, under its own topic.
    fn publish_event<E: Event + Sync>(&self, event: &E, time: Timestamp) -> impl PortFuture<()> {
        let event = CloudEvent::of(event, time);
        async move { self.publish(E::TOPIC.name(), &event).await }
    }
}

/// A mail to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: Email,
    /// The subject, one line.
    pub subject: String,
    /// The body, HTML.
    pub html: String,
}

/// The result of sending a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivered {
    /// The mail server accepted it.
    Accepted,
    /// The mail server rejects it permanently, for this reason.
    Rejected(String),
}

/// Sends mails to customers.
pub trait Mailer: Clone + Send + Sync + 'static {
    /// Sends a mail.
    fn send(&self, mail: &Mail) -> impl PortFuture<Delivered>;
}

/// Publishes events later, even if this process has ended by then.
pub trait Later: Clone + Send + Sync + 'static {
    /// Publishes `event` under `topic` after `wait`. `number` distinguishes several calls for one event;
    /// a second call with the same number replaces the first.
    fn publish_after(
        &self,
        wait: Duration,
        topic: Topic,
        event: &CloudEvent,
        number: u32,
    ) -> impl PortFuture<()>;
}
