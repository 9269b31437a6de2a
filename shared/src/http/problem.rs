//! Problems: errors as callers see them ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

mod schema;

use super::kind::{Kind, Row};
use crate::domain::saga::{Cause, Stop};
use crate::domain::{OrderId, PaymentId, Refusal};
use crate::observe;
use crate::ports::{Chain, Error, Failure};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// The default beginning of the `type` of every problem: a mere name, as it need not resolve ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457#section-3.1.1)).
pub const TYPES: &str = "https://saga-shop.example/problems#";

static CHOSEN_TYPES: OnceLock<String> = OnceLock::new();

/// The provider's reason for declining. Within a refusal it is called `code`, which problems use
/// for their own.
const DECLINE_CODE: &str = "decline_code";

/// Makes the `type` of every problem of this process begin with `base`, from its first problem on.
pub fn name_types_after(base: String) {
    // Only tests start a second host in one process.
    let _ = CHOSEN_TYPES.set(base);
}

/// The refusal that a problem document carries, whatever its `type` begins with.
#[must_use]
pub fn refusal_in(document: &[u8]) -> Option<Refusal> {
    let mut members: Map<String, Value> = serde_json::from_slice(document).ok()?;
    // An earlier version sends the name as the `type`, and the provider's code as the `code`.
    if members.get("type")?.as_str()?.contains(':') {
        let name = members.remove("code")?;
        members.insert("type".to_owned(), name);
    }
    if let Some(code) = members.remove(DECLINE_CODE) {
        members.insert("code".to_owned(), code);
    }
    serde_json::from_value(Value::Object(members)).ok()
}

/// A problem: its kind, what happened this time, and further members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    row: Row,
    detail: String,
    members: Map<String, Value>,
    /// In addition to those of every problem.
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Problem {
    /// A problem of `kind`; `detail` says what happened and how to fix it.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { row: kind.into(), detail: detail.into(), members: Map::new(), header: None }
    }

    /// The request is invalid because of `field`.
    #[must_use]
    pub fn invalid(field: &str, why: &str) -> Self {
        let mut problem = Self::new(Kind::InvalidRequest, format!("{field}: {why}"));
        problem.members.insert("field".to_owned(), field.into());
        problem
    }

    /// The order `id` does not exist.
    #[must_use]
    pub fn unknown_order(id: &OrderId) -> Self {
        Self::new(Kind::UnknownOrder, format!("order {id} does not exist"))
    }

    /// The order `id` was refused, or it is unknown whether it was accepted: then the problem names
    /// it, so that the caller can find out.
    #[must_use]
    pub fn not_accepted(id: &OrderId, error: Error) -> Self {
        let failed = matches!(error, Error::Failed(_));
        let mut problem = Self::from(error);
        if failed {
            problem.detail = format!(
                "it may have been accepted: look at /api/orders/{id}, or send it again with the same Idempotency-Key"
            );
            problem.members.insert("order_id".to_owned(), id.as_str().into());
            let location = HeaderValue::try_from(format!("/api/orders/{id}"));
            problem.header = location.ok().map(|location| Box::new((header::LOCATION, location)));
        }
        problem
    }

    /// The query has a parameter that the request does not have.
    #[must_use]
    pub fn unknown_parameter(name: &str) -> Self {
        Self::invalid(name, "is not a parameter of this request; leave it out")
    }

    /// The `Idempotency-Key` was used for another request.
    #[must_use]
    pub fn key_reused() -> Self {
        Self::new(
            Kind::KeyReused,
            "send the request of this Idempotency-Key as it was, or another key",
        )
    }

    /// The body is not declared as JSON.
    #[must_use]
    pub fn undeclared() -> Self {
        Self::new(Kind::UnsupportedMediaType, "set the header Content-Type to application/json")
    }

    /// The body is encoded: the response says which encodings are accepted
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16)).
    #[must_use]
    pub fn encoded() -> Self {
        Self::new(Kind::UnsupportedMediaType, "send the body without encoding")
            .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
    }

    /// Adds a header to the response.
    #[must_use]
    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some(Box::new((name, value)));
        self
    }

    /// The payment `id` does not exist.
    #[must_use]
    pub fn unknown_payment(id: &PaymentId) -> Self {
        Self::new(Kind::UnknownPayment, format!("payment {id} does not exist"))
    }

    /// Why an order ended as it did.
    #[must_use]
    pub fn reason(cause: &Cause) -> Self {
        match &cause.stop {
            Stop::Refused(refusal) => refusal.clone().into(),
            Stop::Failed => {
                let mut problem = Self::new(
                    Kind::StepFailed,
                    format!("the step {} could not be done", cause.step),
                );
                problem.members.insert("step".to_owned(), cause.step.name().into());
                problem
            }
        }
    }

    /// The problem document.
    #[must_use]
    pub fn document(&self) -> Value {
        let mut document = self.members.clone();
        // A refusal names itself, also one that this version does not know.
        let name = document.remove("type").unwrap_or_else(|| self.row.name.into());
        let types = CHOSEN_TYPES.get().map_or(TYPES, String::as_str);
        let uri = format!("{types}{}", name.as_str().unwrap_or(self.row.name));
        document.insert("type".to_owned(), uri.into());
        document.insert("code".to_owned(), name);
        document.insert("title".to_owned(), self.row.title.into());
        document.insert("status".to_owned(), self.row.status.as_u16().into());
        document.insert("detail".to_owned(), self.detail.clone().into());
        Value::Object(document)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut members = json!(refusal).as_object().cloned().unwrap_or_default();
        if let Some(code) = members.remove("code") {
            members.insert(DECLINE_CODE.to_owned(), code);
        }
        Self { row: Row::from(&refusal), detail: refusal.to_string(), members, header: None }
    }
}

impl From<Failure> for Problem {
    /// Logs the failure; the caller learns only that there was one.
    fn from(failure: Failure) -> Self {
        tracing::error!(error = %Chain(&failure), "a request failed");
        Self::new(Kind::DependencyUnavailable, "no data was lost; please try again")
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => refusal.into(),
            Error::Failed(failure) => failure.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut document = self.document();
        if let Some((_, trace_id)) = observe::trace_response() {
            document["instance"] = trace_id.into();
        }
        let mut response = (self.row.status, document.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.header.map(|header| *header));
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::saga::Step;
    use crate::testing::orders::{euro, product};
    use schemars::schema_for;

    #[test]
    fn a_refusal_is_a_problem_with_the_fields_of_the_refusal() {
        let problem = Problem::from(Refusal::PriceChanged {
            product_id: product("lamp"),
            unit_price: euro(500),
        });
        let expected = json!({
            "type": "https://saga-shop.example/problems#price-changed",
            "code": "price-changed",
            "title": "The price has changed",
            "status": 409,
            "detail": "lamp now costs 500 minor units of EUR",
            "product_id": "lamp",
            "unit_price": {"amount": 500, "currency": "EUR"}
        });
        assert_eq!(problem.document(), expected);
    }

    #[test]
    fn a_caller_inside_the_shop_reads_every_refusal_back() {
        for refusal in every_refusal() {
            let document = Problem::from(refusal.clone()).document();
            assert_eq!(document["code"], json!(refusal)["type"]);
            assert_eq!(document["code"], refusal.name());
            assert_eq!(refusal_in(document.to_string().as_bytes()), Some(refusal));
        }
    }

    #[test]
    fn a_refusal_of_an_earlier_version_is_read_back_too() {
        let refusal = Refusal::PaymentDeclined { code: "card_declined".into() };
        assert_eq!(refusal_in(json!(refusal).to_string().as_bytes()), Some(refusal.clone()));
        let document = Problem::from(refusal).document();
        assert_eq!(document["decline_code"], "card_declined");
    }

    /// A sample of each refusal, by the schema.
    fn every_refusal() -> Vec<Refusal> {
        let fields = json!({
            "code": "card_declined", "country": "AQ", "product_id": "lamp", "reserved": 3,
            "unit_price": euro(1), "order_id": "a", "left": euro(1), "least": euro(50),
            "currency": "XXX", "by": "staff",
        });
        let schema = json!(schema_for!(Refusal));
        let sample = |variant: &Value| {
            let properties = variant["properties"].as_object().unwrap().iter();
            let field = |(name, property): (&String, &Value)| {
                let value = property.get("const").unwrap_or(&fields[name]).clone();
                (name.clone(), value)
            };
            serde_json::from_value(properties.map(field).collect()).unwrap()
        };
        schema["anyOf"].as_array().unwrap().iter().map(sample).collect()
    }

    #[test]
    fn a_failure_shows_a_caller_no_internals() {
        let problem = Problem::from(Failure::new(
            "orders",
            "save a document",
            "connection to 10.0.0.7 refused",
        ));
        assert!(!problem.document().to_string().contains("10.0.0.7"));
        let response = problem.into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }

    #[test]
    fn an_order_that_may_have_been_accepted_is_named_with_its_place() {
        let order = OrderId::for_key(&"ann".parse().unwrap(), "k");
        let failure = Failure::new("order-saga", "start", "the answer was lost");
        let problem = Problem::not_accepted(&order, failure.into());
        assert_eq!(problem.document()["order_id"], order.as_str());
        let response = problem.into_response();
        assert_eq!(response.headers()["location"], format!("/api/orders/{order}"));
    }

    #[test]
    fn the_reason_of_an_order_whose_step_failed_names_the_step() {
        let reason = Problem::reason(&Cause { step: Step::Pay, stop: Stop::Failed }).document();
        assert_eq!((&reason["code"], &reason["step"]), (&json!("step-failed"), &json!("pay")));
    }
}
