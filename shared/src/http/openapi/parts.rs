//! Parameters and headers that several operations share.

use super::operation::Parameter;
use serde_json::{Value, json};

/// What every tag is about.
pub(super) const TAGS: [(&str, &str); 5] = [
    ("orders", "Orders: placed and cancelled by customers, refunded and resumed by staff."),
    ("inventory", "Products, their prices and how much of them there is."),
    ("payments", "Payments beside those of orders, under references of your own."),
    ("lists", "Lists, for staff to rebuild."),
    ("dead-letters", "Messages that functions gave up on, for staff to resend or drop."),
];

/// The key under which a request may be repeated.
pub(super) const KEY: Parameter = Parameter {
    name: "Idempotency-Key",
    place: "header",
    required: false,
    description: "Names the request: the same request with the same key takes effect once. Without one, some responses name a generated key.",
    schema: key,
    example: "2f1c6a52-8d3e-4b7a-9a51-0c6f7d1e4b90",
};

/// How long to wait for the end of an order.
pub(super) const PREFER: Parameter = Parameter {
    name: "Prefer",
    place: "header",
    required: false,
    description: "`wait=N`: respond once the order has ended, or with its current state after N seconds, at most 8 ([RFC 7240](https://www.rfc-editor.org/rfc/rfc7240)). Other preferences are ignored.",
    schema: visible,
    example: "wait=5",
};

/// The key, where it is required.
pub(super) const NEEDED_KEY: Parameter = Parameter {
    required: true,
    description: "Names the request: the same request with the same key takes effect once.",
    ..KEY
};

/// Where a stream resumes.
pub(super) const LAST_EVENT: Parameter = Parameter {
    name: "Last-Event-ID",
    place: "header",
    required: false,
    description: "The id of the last event that was received: the stream resumes after it.",
    schema: place,
    example: "1",
};

pub(super) const IF_MATCH: Parameter = Parameter {
    name: "If-Match",
    place: "header",
    required: false,
    description: "Only if the product still has this `ETag`; `*`: only if it exists.",
    schema: tag,
    example: "\"17\"",
};

pub(super) const IF_NONE_MATCH: Parameter = Parameter {
    name: "If-None-Match",
    place: "header",
    required: false,
    description: "`*`: only if the product does not exist yet. Not together with `If-Match`.",
    schema: star,
    example: "*",
};

pub(super) const STATUS: Parameter = Parameter {
    name: "status",
    place: "query",
    required: false,
    description: "Only orders in this status.",
    schema: status,
    example: "cancelled",
};

pub(super) const CUSTOMER: Parameter = Parameter {
    name: "customer_id",
    place: "query",
    required: false,
    description: "Only orders of this customer. For staff; others may only name themselves.",
    schema: id,
    example: "ann",
};

pub(super) const AFTER: Parameter = Parameter {
    name: "after",
    place: "query",
    required: false,
    description: "The `next` of the previous page.",
    schema: position,
    example: "1795771800000000000.6f0e4b0e-3a5b-5a0e-9a55-2b1f0c9d7e41",
};

pub(super) const AFTER_PRODUCT: Parameter = Parameter { schema: id, example: "lamp", ..AFTER };

pub(super) const AFTER_LETTER: Parameter = Parameter {
    schema: letter_position,
    example: "1795771800000000000.3b1f5f0e-6f0a-5d4e-8c0b-0b9a4c1d2e7f",
    ..AFTER
};

pub(super) const LIMIT: Parameter = Parameter {
    name: "limit",
    place: "query",
    required: false,
    description: "The maximum number of orders on the page; 20 by default.",
    schema: limit,
    example: "50",
};

fn status() -> Value {
    json!({"type": "string", "enum": ["pending", "reserved", "paid", "shipped", "stuck", "completed", "cancelled"]})
}

fn id() -> Value {
    json!({"type": "string", "pattern": "^[a-z0-9-]{1,64}$"})
}

/// Nanoseconds until the year 2286, and the id of an order.
fn position() -> Value {
    json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}(\\.[a-z0-9-]{1,64})?$"})
}

/// Nanoseconds until the year 2286, and the id of a dead letter.
fn letter_position() -> Value {
    json!({"type": "string", "pattern": "^[1-9][0-9]{0,18}\\.[a-z0-9-]{1,64}$"})
}

fn limit() -> Value {
    json!({"type": "string", "pattern": "^([1-9][0-9]?|100)$"})
}

fn place() -> Value {
    json!({"type": "string", "pattern": "^[0-9]{1,5}$"})
}

fn key() -> Value {
    json!({"type": "string", "pattern": "^[!-~]{1,255}$"})
}

fn tag() -> Value {
    json!({"type": "string", "minLength": 1, "pattern": "^[ -~]*[!-~][ -~]*$"})
}

fn visible() -> Value {
    json!({"type": "string", "pattern": "^[\\t -~]*$"})
}

fn star() -> Value {
    json!({"type": "string", "const": "*"})
}

/// A header of answers: the name, what it says and its schema.
type Header = (&'static str, &'static str, fn() -> Value);

pub(super) const HEADERS: [Header; 6] = [
    ("Location", "The address of the resource.", reference),
    ("ETag", "The version of the resource, for `If-Match`.", text),
    ("Retry-After", "Seconds after which to retry.", seconds),
    ("Idempotency-Key", "The key of the request, or the one generated for it.", text),
    ("Preference-Applied", "The preference that was followed, such as `wait=5`.", text),
    ("WWW-Authenticate", "How to authenticate, and what is wrong with the token.", text),
];

fn text() -> Value {
    json!({"type": "string"})
}

fn reference() -> Value {
    json!({"type": "string", "format": "uri-reference"})
}

fn seconds() -> Value {
    json!({"type": "integer", "minimum": 0})
}
