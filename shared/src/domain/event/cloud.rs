//! The envelope of an event ([CloudEvents 1.0, JSON](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md)).

use super::{Event, schema};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the envelope.
const VERSION: &str = "1.0";

/// The source of the shop's own events.
pub(in crate::domain) const SOURCE: &str = "saga-shop";

/// An event in its [CloudEvents 1.0](https://github.com/cloudevents/spec) envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// The version of the envelope: `1.0`.
    pub specversion: String,
    /// The id of the event, the same however often it is published.
    pub id: String,
    /// Its producer, as a URI reference: `saga-shop`, if the event is the shop's own.
    pub source: String,
    /// Its type: what happened, such as `order.completed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is about: the order, if the event is the shop's own.
    pub subject: String,
    /// When it happened, in RFC 3339.
    pub time: Timestamp,
    /// `application/json`; empty if absent.
    #[serde(default)]
    pub datacontenttype: String,
    /// Names the schema of the data, such as `order.completed.v1`; empty if absent.
    #[serde(default)]
    pub dataschema: String,
    /// Its data, as the schema describes it.
    pub data: Value,
}

/// Why a message is not an event that its reader knows. Redelivery would not help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// It is not an event in an envelope; why.
    #[error("it is not a CloudEvent: {0}")]
    NoCloudEvent(String),
    /// Its type is not one that its reader knows.
    #[error("its type {0} is unknown here")]
    UnknownType(String),
    /// Its data has a version that its reader does not know.
    #[error("its data has schema {found} instead of {known}")]
    UnknownVersion {
        /// The schema that it names.
        found: String,
        /// The schema that its reader knows.
        known: String,
    },
    /// Its data lacks a member, or has one of the wrong type.
    #[error("its data does not match its schema: {0}")]
    BadData(String),
    /// It requests a mail that no mail server would accept.
    #[error("it cannot be mailed: {0}")]
    Undeliverable(String),
}

impl CloudEvent {
    /// `event`, which happened at `time`, in its envelope. Its id is the order's with the type, so
    /// that each event of an order has one id, however often it is published.
    ///
    /// # Panics
    /// Never: events are plain data.
    #[must_use]
    pub fn of<E: Event>(event: &E, time: Timestamp) -> Self {
        Self::named(format!("{}.{}", event.order_id(), E::TYPE), event, time)
    }

    /// As [`CloudEvent::of`], for events of which an order has several.
    ///
    /// # Panics
    /// Never: events are plain data.
    #[must_use]
    pub fn named<E: Event>(id: String, event: &E, time: Timestamp) -> Self {
        Self {
            specversion: VERSION.to_owned(),
            id,
            source: SOURCE.to_owned(),
            kind: E::TYPE.to_owned(),
            subject: event.order_id().to_string(),
            time,
            datacontenttype: "application/json".to_owned(),
            dataschema: schema::name::<E>(),
            data: serde_json::to_value(event).expect("an event is plain data"),
        }
    }

    /// Parses a message.
    ///
    /// # Errors
    /// [`Poison::NoCloudEvent`].
    pub fn read(message: &[u8]) -> Result<Self, Poison> {
        let event: Self = serde_json::from_slice(message)
            .map_err(|error| Poison::NoCloudEvent(error.to_string()))?;
        let wrong = |why: &str| Err(Poison::NoCloudEvent(why.to_owned()));
        if event.specversion != VERSION {
            return wrong("its specversion is not 1.0");
        }
        if [&event.id, &event.source, &event.kind].into_iter().any(String::is_empty) {
            return wrong("its id, source or type is empty");
        }
        Ok(event)
    }

    /// The data, if this is an `E`; none if it is of another type.
    ///
    /// # Errors
    /// [`Poison`], when it claims to be an `E` and is not one that is known here.
    pub fn data<E: Event>(&self) -> Result<Option<E>, Poison> {
        if self.kind != E::TYPE {
            return Ok(None);
        }
        let known = schema::name::<E>();
        if self.dataschema != known {
            return Err(Poison::UnknownVersion { found: self.dataschema.clone(), known });
        }
        E::deserialize(&self.data).map(Some).map_err(|error| Poison::BadData(error.to_string()))
    }

    /// The order that it is about; none if the event is not the shop's own.
    #[must_use]
    pub fn order_id(&self) -> Option<&str> {
        (self.source == SOURCE).then_some(self.subject.as_str())
    }

    /// The error that its type or version is unknown here.
    #[must_use]
    pub fn unknown(&self) -> Poison {
        Poison::UnknownType(self.kind.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OrderCancelled, OrderCreated, OrderShipped};
    use super::*;
    use crate::domain::TrackingId;
    use crate::testing::orders::{at, placed_order};
    use serde_json::json;

    fn shipped() -> OrderShipped {
        let placed = placed_order();
        let tracking_id = TrackingId::of(&placed.order_id);
        OrderShipped {
            order_id: placed.order_id,
            customer_id: placed.order.customer_id,
            tracking_id,
        }
    }

    #[test]
    fn an_event_survives_its_envelope() {
        let event = CloudEvent::of(&shipped(), at(0));
        let wire = serde_json::to_vec(&event).unwrap();
        let read = CloudEvent::read(&wire).unwrap();
        assert_eq!(read.data::<OrderShipped>(), Ok(Some(shipped())));
        assert_eq!(read.data::<OrderCreated>(), Ok(None));
        assert_eq!(read.id, format!("{}.order.shipped", shipped().order_id));
        assert_eq!(read.order_id(), Some(shipped().order_id.as_str()));
    }

    #[test]
    fn a_foreign_event_names_no_order() {
        let mut event = CloudEvent::of(&shipped(), at(0));
        event.source = "elsewhere".to_owned();
        assert_eq!(event.order_id(), None);
    }

    #[test]
    fn unknown_members_of_the_envelope_and_the_data_are_ignored() {
        let mut event = json!(CloudEvent::of(&shipped(), at(0)));
        event["pubsubname"] = json!("pubsub");
        event["data"]["carrier"] = json!("Fast & Co");
        let event = CloudEvent::read(event.to_string().as_bytes()).unwrap();
        assert_eq!(event.data::<OrderShipped>(), Ok(Some(shipped())));
    }

    /// By the [rules of the envelope](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes);
    /// `subject` and `time`, which it leaves open, are needed here.
    #[test]
    fn an_event_in_a_good_envelope_is_read_and_no_other() {
        let read = |name: &str, value: Value| {
            let mut event = json!(CloudEvent::of(&shipped(), at(0)));
            event[name] = value;
            CloudEvent::read(event.to_string().as_bytes())
        };
        for (name, value) in [
            ("id", json!("\u{fc} 1")),
            ("source", json!("https://example.com/a?b#c")),
            ("source", json!("urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66")),
            ("type", json!("com.example.object.deleted.v2")),
            ("time", json!("2018-04-05T17:31:00.123456789+02:00")),
            ("datacontenttype", json!("application/vnd.example+json; charset=utf-8")),
            ("comexampleextension", json!(7)),
            ("data", json!(null)),
            ("data", json!("text")),
        ] {
            assert!(read(name, value.clone()).is_ok(), "{name} {value}");
        }
        for (name, value) in [
            ("specversion", json!("0.3")),
            ("specversion", json!(1.0)),
            ("id", json!("")),
            ("id", json!(1)),
            ("source", json!("")),
            ("type", json!("")),
            ("type", json!(null)),
            ("subject", json!(null)),
            ("time", json!("yesterday")),
            ("time", json!("2018-04-05 17:31")),
        ] {
            let poison = read(name, value.clone());
            assert!(matches!(poison, Err(Poison::NoCloudEvent(_))), "{name} {value}");
        }
        for name in ["specversion", "id", "source", "type", "subject", "time", "data"] {
            let mut event = json!(CloudEvent::of(&shipped(), at(0)));
            event.as_object_mut().unwrap().remove(name);
            let poison = CloudEvent::read(event.to_string().as_bytes());
            assert!(matches!(poison, Err(Poison::NoCloudEvent(_))), "{name}");
        }
        for message in [&b"[]"[..], b"\"event\"", b"{", b"", b"\xff"] {
            assert!(matches!(CloudEvent::read(message), Err(Poison::NoCloudEvent(_))));
        }
    }

    #[test]
    fn a_missing_member_or_another_version_is_poison() {
        let mut event = CloudEvent::of(&shipped(), at(0));
        event.data.as_object_mut().unwrap().remove("tracking_id");
        assert!(
            matches!(event.data::<OrderShipped>(), Err(Poison::BadData(why)) if why.contains("tracking_id"))
        );
        event.dataschema = "order.shipped.v2".to_owned();
        assert!(matches!(event.data::<OrderShipped>(), Err(Poison::UnknownVersion { .. })));
        assert_eq!(event.data::<OrderCancelled>(), Ok(None));
    }
}
