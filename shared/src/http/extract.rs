//! Reading requests: invalid input becomes a problem that names the field and the fix.

mod idempotency_key;
mod objects;
mod optional;
mod query;

pub use self::idempotency_key::IdempotencyKey;
pub use self::query::Query;

use self::objects::Objects;
use super::{Kind, Problem};
use axum::body::Bytes;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// How long a body may take to arrive: with the bound of an invocation, no longer than a request
/// may.
const BODY_DEADLINE: Duration = Duration::from_secs(4);

/// The most bytes that a body has: 256 KiB.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A JSON body of a request or a response.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        parse(&read_json(request).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Media types are the same in any case
/// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1)).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let subtype = essence.strip_prefix("application/").unwrap_or_default();
    subtype == "json" || subtype.ends_with("+json")
}

/// Bodies are not decompressed here.
pub(super) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    let plain = |encoding: &HeaderValue| encoding.as_bytes().eq_ignore_ascii_case(b"identity");
    let encoded = headers.get_all(header::CONTENT_ENCODING).iter().any(|it| !plain(it));
    if encoded { Err(Problem::encoded()) } else { Ok(()) }
}

/// The body of a request that is declared as JSON.
async fn read_json(request: Request) -> Result<Bytes, Problem> {
    refuse_encoded(request.headers())?;
    if !is_json(request.headers()) {
        return Err(Problem::undeclared());
    }
    read_body(request).await
}

/// The body of a request, at most [`MAX_BODY_BYTES`], if it comes in time.
pub(crate) async fn read_body(request: Request) -> Result<Bytes, Problem> {
    let Ok(body) = timeout(BODY_DEADLINE, Bytes::from_request(request, &())).await else {
        let detail = format!("send the body within {} seconds", BODY_DEADLINE.as_secs());
        return Err(Problem::new(Kind::BodyTooSlow, detail));
    };
    body.map_err(|rejection| too_large(&rejection))
}

fn too_large(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(Kind::BodyTooLarge, format!("send at most {MAX_BODY_BYTES} bytes"))
    } else {
        Problem::new(Kind::MalformedJson, "the body ended before it was complete")
    }
}

/// A JSON body from within the shop, which a later version may have written: unknown fields are
/// ignored.
#[derive(Debug, Clone, Copy)]
pub struct Internal<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Internal<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        read(&read_json(request).await?, |_| {}).map(Self)
    }
}

/// Reads what callers send, in which every field must be known.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut unknown = None;
    let value = read(body, |path| {
        unknown.get_or_insert(path);
    })?;
    unknown.map_or(Ok(value), |path| Err(Problem::invalid(&path, "is unknown; leave it out")))
}

/// Reads JSON, structs from objects only, and reports the path of each field that is ignored.
fn read<T: DeserializeOwned>(body: &[u8], mut ignored: impl FnMut(String)) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let mut report = |path: serde_ignored::Path<'_>| ignored(dotted(&path));
    let tolerant = serde_ignored::Deserializer::new(Objects(&mut json), &mut report);
    let value = serde_path_to_error::deserialize(tolerant).map_err(|error| {
        let field = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() { unfit(&field, &inner) } else { malformed(&inner) }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// A path such as `items[0].quantity`.
fn dotted(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path::{Map, NewtypeStruct, NewtypeVariant, Root, Seq, Some};
    match path {
        Root => String::new(),
        Seq { parent, index } => format!("{}[{index}]", dotted(parent)),
        Map { parent: Root, key } => key.clone(),
        Map { parent, key } => format!("{}.{key}", dotted(parent)),
        Some { parent } | NewtypeStruct { parent } | NewtypeVariant { parent } => dotted(parent),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::new(Kind::MalformedJson, error.to_string())
}

/// The problem of a field that is missing, unknown or invalid.
fn unfit(path: &str, error: &serde_json::Error) -> Problem {
    let why = error.to_string();
    let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why);
    let missing = why.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let field = match missing {
        Some(missing) if path == "." => missing.to_owned(),
        Some(missing) => format!("{path}.{missing}"),
        None if path == "." => "body".to_owned(),
        None => path.to_owned(),
    };
    Problem::invalid(&field, if missing.is_some() { "is missing" } else { why })
}

/// The parameter of a path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value))
            .map_err(|rejection| wrong_path(&rejection))
    }
}

fn wrong_path(rejection: &PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return Problem::new(Kind::Internal, "the path has no parameters");
    };
    let kind = failed.kind();
    if let ErrorKind::DeserializeError { key, message, .. } = kind {
        Problem::invalid(key, message)
    } else {
        Problem::invalid("path", &kind.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::placing::NewOrder;
    use crate::http::orders::OrderRequest;
    use crate::testing::orders::new_order_json;
    use serde_json::{Value, json};

    fn field_and_detail(change: impl FnOnce(&mut Value)) -> (String, String) {
        let mut body = new_order_json();
        change(&mut body);
        let problem = parse::<OrderRequest>(body.to_string().as_bytes()).unwrap_err().document();
        let text = |name: &str| problem[name].as_str().unwrap().to_owned();
        (text("field"), text("detail"))
    }

    #[test]
    fn a_problem_names_the_field_and_the_fix() {
        let (field, detail) = field_and_detail(|body| body["items"][0]["quantity"] = json!(-1));
        assert_eq!(field, "items[0].quantity");
        assert_eq!(detail, "items[0].quantity: must be between 1 and 1000");
        let (field, _) =
            field_and_detail(|body| drop(body["ship_to"].as_object_mut().unwrap().remove("city")));
        assert_eq!(field, "ship_to.city");
        let (field, detail) = field_and_detail(|body| body["discount"] = json!(5));
        assert_eq!(field, "discount");
        assert_eq!(detail, "discount: is unknown; leave it out");
        let (field, _) = field_and_detail(|body| body["items"][1]["colour"] = json!("red"));
        assert_eq!(field, "items[1].colour");
        let (field, _) = field_and_detail(|body| body["email"] = json!(7));
        assert_eq!(field, "email");
        let (field, _) = field_and_detail(|body| body["ship_to"]["name"] = json!("\u{202e}"));
        assert_eq!(field, "ship_to.name");
        let croatian = json!({"amount": 1, "currency": "HRK"});
        let (field, _) = field_and_detail(|body| body["items"][1]["unit_price"] = croatian);
        assert_eq!(field, "items[1].unit_price.currency");
    }

    #[test]
    fn an_array_is_no_object() {
        for (pointer, field) in [("", "body"), ("/items/0", "items[0]"), ("/ship_to", "ship_to")] {
            let (named, detail) = field_and_detail(|body| {
                let object = body.pointer_mut(pointer).unwrap();
                *object = object.as_object().unwrap().values().cloned().collect();
            });
            assert_eq!(named, field);
            assert!(detail.contains("invalid type: sequence, expected struct"), "{detail}");
        }
        let twice = br#"{"amount": 1, "amount": 1, "currency": "EUR"}"#;
        let problem = parse::<crate::domain::money::Money>(twice).unwrap_err().document();
        assert!(problem["detail"].as_str().unwrap().contains("duplicate field"), "{problem}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_ends_times_out() {
        let endless = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::new(axum::body::Body::from_stream(endless));
        let problem = read_body(request).await.unwrap_err().document();
        assert_eq!((&problem["code"], &problem["status"]), (&json!("body-too-slow"), &json!(408)));
    }

    #[test]
    fn unknown_fields_are_ignored_inside_the_shop() {
        let mut body = new_order_json();
        body["items"][0]["colour"] = json!("red");
        let order = read::<NewOrder>(body.to_string().as_bytes(), |_| {}).unwrap();
        assert_eq!(order, crate::testing::orders::new_order());
    }

    #[test]
    fn a_body_that_is_not_json_is_malformed() {
        for body in ["", "{", "{} x", "nonsense", "\u{0}"] {
            let problem = parse::<Value>(body.as_bytes()).unwrap_err().document();
            assert_eq!(problem["code"], "malformed-json", "{body:?}");
        }
    }

    #[test]
    fn the_answer_to_an_encoded_body_names_the_accepted_encoding() {
        let encoded = |encoding: &'static str| {
            let encoding = HeaderValue::from_static(encoding);
            refuse_encoded(&HeaderMap::from_iter([(header::CONTENT_ENCODING, encoding)]))
        };
        assert!(encoded("Identity").is_ok() && refuse_encoded(&HeaderMap::new()).is_ok());
        let response = encoded("gzip").unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(response.headers()["accept-encoding"], "identity");
    }

    #[test]
    fn only_json_is_declared_as_json() {
        let declared = |kind: &str| {
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]))
        };
        assert!(declared("application/json") && declared("Application/JSON; charset=utf-8"));
        assert!(declared("application/cloudevents+json") && declared("Application/Vnd.X+JSON"));
        assert!(
            !declared("text/plain")
                && !declared("application/jsonp")
                && !is_json(&HeaderMap::new())
        );
    }
}
