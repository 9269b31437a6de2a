//! Stock as the public API shows and changes it, under its `ETag`
//! ([RFC 9110 §13](https://www.rfc-editor.org/rfc/rfc9110#section-13)).

use super::{CalledBy, IdempotencyKey, Json, Kind, Problem};
use crate::domain::money::Money;
use crate::domain::placing::Quantity;
use crate::domain::stock::{
    Adjust, ChangeId, Changed, Condition, Level, NewOffer, OnHand, Put, Rejection, Reserve,
};
use crate::domain::text::Text;
use crate::domain::{OrderId, ProductId, strict};
use axum::RequestExt;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The stock of a product.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Stock")]
pub struct StockView {
    product_id: ProductId,
    name: Text<200>,
    unit_price: Money,
    /// Pieces on hand, reserved ones included.
    on_hand: u32,
    /// Pieces held for orders.
    reserved: u32,
    /// Pieces that can be reserved: on hand less reserved.
    available: u32,
    #[serde(skip)]
    revision: u64,
}

impl From<Level> for StockView {
    fn from(level: Level) -> Self {
        let Level { product_id, name, unit_price, on_hand, reserved, available, revision } = level;
        Self { product_id, name, unit_price, on_hand, reserved, available, revision }
    }
}

impl IntoResponse for StockView {
    fn into_response(self) -> Response {
        let tag = format!("\"{}\"", self.revision);
        ([(header::ETAG, tag)], Json(self)).into_response()
    }
}

/// 201 with `Location` when the change created the product, 200 when it existed. 412 and 428 when the
/// condition of the request does not hold or is missing; 409 when there are too many products; 422 when
/// its key was used for another request or there would be too many pieces.
impl IntoResponse for Changed {
    fn into_response(self) -> Response {
        match self {
            Self::Created(level) => {
                let location = format!("/api/inventory/{}", level.product_id);
                let made = [(header::LOCATION, location)];
                (StatusCode::CREATED, made, StockView::from(level)).into_response()
            }
            Self::Updated(level) => StockView::from(level).into_response(),
            Self::Rejected(why) => Problem::from(why).into_response(),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(why: Rejection) -> Self {
        match why {
            Rejection::ConditionFailed => Self::new(
                Kind::PreconditionFailed,
                "the product has changed: read it again, and send its current ETag",
            ),
            Rejection::ConditionMissing => Self::new(
                Kind::PreconditionRequired,
                "the product exists already: send its ETag in If-Match, or adjust its stock by POST …/adjustments",
            ),
            Rejection::IdReused => Self::key_reused(),
            Rejection::TooManyProducts => Self::too_many_products(),
            Rejection::TooMany => {
                let why = format!("at most {} pieces can be on hand", OnHand::MAX);
                Self::invalid("delta", &why)
            }
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Condition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let matches = one(&parts.headers, &header::IF_MATCH, "If-Match")?;
        let none_match = one(&parts.headers, &header::IF_NONE_MATCH, "If-None-Match")?;
        match (matches, none_match) {
            (None, None) => Ok(Self::Unstated),
            (Some("*"), None) => Ok(Self::Present),
            (Some(tags), None) => Ok(Self::Revision(revisions(tags))),
            (None, Some("*")) => Ok(Self::Absent),
            (None, Some(_)) => Err(Problem::invalid(
                "If-None-Match",
                "must be *: only if the product does not exist yet",
            )),
            (Some(_), Some(_)) => {
                Err(Problem::invalid("If-None-Match", "must not be combined with If-Match"))
            }
        }
    }
}

/// `PUT /api/inventory/{product_id}`. Without an `Idempotency-Key` the change gets a new id,
/// because Dapr may repeat what it sends to a stock.
impl<S: Send + Sync> FromRequest<S> for Put {
    type Rejection = Problem;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Problem> {
        let condition = request.extract_parts().await?;
        let key = change_key(&mut request).await?;
        let Json::<NewOffer>(offer) = Json::from_request(request, state).await?;
        let new = || Uuid::now_v7().to_string().try_into().expect("an id is a short text");
        Ok(Self { offer: offer.into(), condition, id: key.unwrap_or_else(new) })
    }
}

/// An adjustment of the pieces on hand.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// How many more, or fewer if negative.
    delta: i64,
    /// The reason, for the log.
    #[serde(deserialize_with = "strict::text")]
    reason: Text<200>,
}

impl<S: Send + Sync> FromRequest<S> for Adjust {
    type Rejection = Problem;

    async fn from_request(mut request: Request, state: &S) -> Result<Self, Problem> {
        let key = change_key(&mut request).await?;
        let CalledBy(caller) = request.extract_parts().await?;
        let by = caller.map(|caller| caller.customer_id.to_string());
        let Json(Adjustment { delta, reason }) = Json::from_request(request, state).await?;
        let id = key.ok_or_else(IdempotencyKey::is_missing)?;
        tracing::info!(change.id = %id, change.by = by, delta, %reason, "the stock of a product was adjusted");
        Ok(Self { delta, reason, id })
    }
}

/// The `Idempotency-Key` of a change, if it has one.
async fn change_key(request: &mut Request) -> Result<Option<ChangeId>, Problem> {
    let IdempotencyKey(key) = request.extract_parts().await?;
    Ok(key.map(|key| key.try_into().expect("a key is a short, visible text")))
}

/// A request to reserve pieces for an order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewReservation")]
pub struct Reservation {
    /// The order, or a reference of the caller's own.
    order_id: OrderId,
    #[serde(deserialize_with = "strict::number")]
    quantity: Quantity,
}

/// A request to release the pieces of an order.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The order, or the reference under which the pieces are held.
    pub order_id: OrderId,
}

impl Reservation {
    /// The reservation for `hold_for`, at the current price.
    #[must_use]
    pub fn lasting(self, hold_for: SignedDuration) -> Reserve {
        let Self { order_id, quantity } = self;
        Reserve { order_id, quantity, seen_price: None, hold_for }
    }
}

/// The single value of a header.
fn one<'a>(
    headers: &'a HeaderMap,
    header: &HeaderName,
    name: &str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(header).iter();
    let value = values.next().map(|value| value.to_str().map(str::trim));
    match (value, values.next()) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) if !value.is_empty() => Ok(Some(value)),
        _ => Err(Problem::invalid(name, "must be a list of tags such as \"17\" on one line, or *")),
    }
}

/// The revisions that a list of tags names. A foreign or weak tag names none.
fn revisions(tags: &str) -> Vec<u64> {
    let revision = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok();
    tags.split(',').filter_map(revision).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use serde_json::json;

    async fn condition(headers: &[(&str, &str)]) -> Result<Condition, Problem> {
        let request = Request::builder();
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut parts = request.body(()).unwrap().into_parts().0;
        Condition::from_request_parts(&mut parts, &()).await
    }

    #[test]
    fn a_reason_and_a_quantity_have_the_current_bounds() {
        let adjusts = |reason: &str| {
            serde_json::from_value::<Adjustment>(json!({"delta": 1, "reason": reason})).is_ok()
        };
        let reserves = |quantity: i64| {
            let body = json!({"order_id": "a", "quantity": quantity});
            serde_json::from_value::<Reservation>(body).is_ok()
        };
        assert!(adjusts("broken") && reserves(1) && reserves(1000));
        assert!(!adjusts("") && !reserves(0) && !reserves(1001));
    }

    #[tokio::test]
    async fn the_conditions_of_http_are_those_of_stock() {
        let revisions = |numbers: &[u64]| Ok(Condition::Revision(numbers.to_vec()));
        assert_eq!(condition(&[]).await, Ok(Condition::Unstated));
        assert_eq!(condition(&[("if-match", "*")]).await, Ok(Condition::Present));
        assert_eq!(condition(&[("if-match", "\"17\"")]).await, revisions(&[17]));
        assert_eq!(condition(&[("if-match", "\"1\", \"2\"")]).await, revisions(&[1, 2]));
        assert_eq!(condition(&[("if-match", "W/\"1\", \"x\", 3")]).await, revisions(&[]));
        assert_eq!(condition(&[("if-none-match", "*")]).await, Ok(Condition::Absent));
    }

    #[tokio::test]
    async fn an_unreadable_condition_is_refused() {
        for headers in [
            &[("if-none-match", "\"1\"")][..],
            &[("if-match", "\"1\""), ("if-none-match", "*")],
            &[("if-match", "\"1\""), ("if-match", "\"2\"")],
            &[("if-match", "")],
        ] {
            let problem = condition(headers).await.unwrap_err().document();
            assert_eq!(problem["status"], 422, "{headers:?}");
        }
    }
}
