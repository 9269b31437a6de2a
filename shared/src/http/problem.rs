//! Problems: errors as callers see them ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).

use super::kind::{Kind, Row};
use crate::domain::saga::{Cause, Stop};
use crate::domain::{OrderId, PaymentId, Refusal};
use crate::ports::{Chain, Error, Failure};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// Seconds after which a caller may try again what failed.
const RETRY_AFTER_SECONDS: u16 = 1;

/// A problem: what kind it is, what happened this time, and further members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    row: Row,
    detail: String,
    members: Map<String, Value>,
    /// Beside those of every problem.
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

impl Problem {
    /// A problem of `kind`; `detail` says what happened and how to fix it.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { row: kind.into(), detail: detail.into(), members: Map::new(), header: None }
    }

    /// The request is not valid: `field` must be otherwise.
    #[must_use]
    pub fn invalid(field: &str, why: &str) -> Self {
        let mut problem = Self::new(Kind::InvalidRequest, format!("{field}: {why}"));
        problem.members.insert("field".to_owned(), field.into());
        problem
    }

    /// There is no order `id`.
    #[must_use]
    pub fn unknown_order(id: &OrderId) -> Self {
        Self::new(Kind::UnknownOrder, format!("there is no order {id}"))
    }

    /// The order `id` was refused, or it is not known whether it was accepted: then the problem names
    /// it, so that its caller can find out.
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

    /// The body is encoded: the answer says which encodings are taken
    /// ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16)).
    #[must_use]
    pub fn encoded() -> Self {
        let mut problem = Self::new(Kind::UnsupportedMediaType, "send the body without encoding");
        problem.header =
            Some(Box::new((header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))));
        problem
    }

    /// There is no payment called `id`.
    #[must_use]
    pub fn unknown_payment(id: &PaymentId) -> Self {
        Self::new(Kind::UnknownPayment, format!("there is no payment {id}"))
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
        // A refusal names itself, one that this version does not know too.
        document.entry("type").or_insert_with(|| self.row.name.into());
        document.insert("title".to_owned(), self.row.title.into());
        document.insert("status".to_owned(), self.row.status.as_u16().into());
        document.insert("detail".to_owned(), self.detail.clone().into());
        Value::Object(document)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let members = json!(refusal).as_object().cloned().unwrap_or_default();
        Self { row: Row::from(&refusal), detail: refusal.to_string(), members, header: None }
    }
}

impl From<Failure> for Problem {
    /// Logs what failed; the caller learns only that it did.
    fn from(failure: Failure) -> Self {
        tracing::error!(error = %Chain(&failure), "a request failed");
        Self::new(Kind::DependencyUnavailable, "nothing is lost; please try again")
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
        let status = self.row.status;
        let mut response = (status, self.document().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.header.map(|header| *header));
        if status == axum::http::StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
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
            "type": "price-changed",
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
            assert_eq!(document["type"], json!(refusal)["type"]);
            assert_eq!(document["type"], refusal.name());
            assert_eq!(serde_json::from_value::<Refusal>(document).unwrap(), refusal);
        }
    }

    /// A sample of each refusal, by the schema.
    fn every_refusal() -> Vec<Refusal> {
        let fields = json!({
            "code": "card_declined", "country": "AQ", "product_id": "lamp", "reserved": 3,
            "unit_price": euro(1), "order_id": "a", "left": euro(1), "least": euro(50),
            "currency": "XXX",
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
        assert_eq!(response.headers()["retry-after"], "1");
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
        assert_eq!((&reason["type"], &reason["step"]), (&json!("step-failed"), &json!("pay")));
    }
}
