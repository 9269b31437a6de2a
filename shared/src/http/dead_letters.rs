//! The routes by which staff handle dead letters.

use super::extract::Query;
use super::{CalledBy, Json, Kind, Path, Problem, Result};
use crate::domain::LetterId;
use crate::domain::dead_letter::{
    DeadLetter, Handling, LetterAction, LetterPosition, LetterRejection, LetterState, NewHandling,
};
use crate::ports::{DeadLetters, LetterAnswer, LetterPage};
use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The parameters of the list, which may be left out.
pub(super) const PARAMETERS: &[&str] = &["after", "limit"];

/// Letters of a page, at most; and when it is not said.
const LIMITS: (usize, usize) = (100, 20);

/// `GET /api/dead-letters` lists the open letters, `…/{letter_id}` shows one with its
/// message; `POST …/resend` and `…/drop` handle it.
pub fn routes<D: DeadLetters>(letters: D) -> Router {
    Router::new()
        .route("/api/dead-letters", get(page::<D>))
        .route("/api/dead-letters/{letter_id}", get(show::<D>))
        .route("/api/dead-letters/{letter_id}/resend", post(resend::<D>))
        .route("/api/dead-letters/{letter_id}/drop", post(drop_one::<D>))
        .with_state(letters)
}

/// A dead letter.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetter")]
pub(super) struct DeadLetterView {
    letter_id: LetterId,
    /// The function that gave up on the message.
    function: String,
    /// The topic that the message was published to.
    topic: String,
    /// Why the function gave up on it.
    reason: String,
    status: LetterState,
    /// How often the function gave up on it.
    failures: u32,
    /// The id of the event, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    /// The type of the event, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<String>,
    /// The message, where one letter is shown: a `CloudEvent`; another value or a text, if it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
    /// What staff did with it, where one letter is shown, oldest first; the latest 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    handlings: Vec<Handling>,
    /// When the function gave up on it first.
    #[schemars(with = "String", extend("format" = "date-time"))]
    created_at: Timestamp,
    /// When it was given up, resent or dropped last.
    #[schemars(with = "String", extend("format" = "date-time"))]
    updated_at: Timestamp,
}

impl DeadLetterView {
    /// The letter without its message and the reasons of staff, which may name customers.
    fn listed(letter: DeadLetter) -> Self {
        Self { message: None, handlings: Vec::new(), ..Self::from(letter) }
    }
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        let attribute = |name: &str| letter.message[name].as_str().map(str::to_owned);
        Self {
            event_id: attribute("id"),
            event_type: attribute("type"),
            letter_id: letter.letter_id,
            function: letter.subscription.function,
            topic: letter.subscription.topic,
            reason: letter.reason,
            status: letter.state,
            failures: letter.failures,
            message: Some(letter.message),
            handlings: letter.handlings,
            created_at: letter.created_at,
            updated_at: letter.updated_at,
        }
    }
}

/// A page of the list of dead letters.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DeadLetterPage")]
pub(super) struct DeadLetterPageView {
    /// The letters, newest first, without their messages and what staff did with them.
    dead_letters: Vec<DeadLetterView>,
    /// The parameter `after` of the next page, if there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

async fn page<D: DeadLetters>(
    State(letters): State<D>,
    mut query: Query,
) -> Result<Json<DeadLetterPageView>> {
    query.only(PARAMETERS)?;
    let after: Option<String> = query.take("after")?;
    let after = after.map(|after| after.parse::<LetterPosition>()).transpose();
    let after = after.map_err(|error| Problem::invalid("after", &error.to_string()))?;
    let limit = query.take_number("limit", 1..=LIMITS.0)?.unwrap_or(LIMITS.1);
    let LetterPage { letters, next } = letters.page(after.as_ref(), limit).await?;
    let dead_letters = letters.into_iter().map(DeadLetterView::listed).collect();
    Ok(Json(DeadLetterPageView { dead_letters, next: next.map(|next| next.to_string()) }))
}

async fn show<D: DeadLetters>(
    State(letters): State<D>,
    Path(id): Path<LetterId>,
) -> Result<Json<DeadLetterView>> {
    shown(&id, letters.find(&id).await?.map(Ok))
}

async fn resend<D: DeadLetters>(
    State(letters): State<D>,
    Path(id): Path<LetterId>,
    CalledBy(caller): CalledBy,
    ask: Option<Json<NewHandling>>,
) -> Result<Json<DeadLetterView>> {
    let ask = ask.map(|Json(ask)| ask).unwrap_or_default();
    shown(&id, letters.handle(&id, LetterAction::Resend, caller.as_ref(), ask).await?)
}

async fn drop_one<D: DeadLetters>(
    State(letters): State<D>,
    Path(id): Path<LetterId>,
    CalledBy(caller): CalledBy,
    ask: Option<Json<NewHandling>>,
) -> Result<Json<DeadLetterView>> {
    let ask = ask.map(|Json(ask)| ask).unwrap_or_default();
    shown(&id, letters.handle(&id, LetterAction::Drop, caller.as_ref(), ask).await?)
}

fn shown(id: &LetterId, answer: Option<LetterAnswer>) -> Result<Json<DeadLetterView>> {
    let unknown = || Problem::new(Kind::UnknownDeadLetter, format!("there is no dead letter {id}"));
    Ok(Json(answer.ok_or_else(unknown)??.into()))
}

impl From<LetterRejection> for Problem {
    fn from(rejection: LetterRejection) -> Self {
        let kind = match rejection {
            LetterRejection::Dropped => Kind::DeadLetterDropped,
            LetterRejection::Resent => Kind::DeadLetterResent,
            LetterRejection::NotAnEvent => Kind::NotAnEvent,
        };
        Self::new(kind, rejection.to_string())
    }
}
