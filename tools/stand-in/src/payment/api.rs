//! Stripe's paths: payment intents, refunds and the rotation of API keys.

use crate::payment::auth::require_key;
use crate::payment::error::StripeError;
use crate::payment::faults::{FaultKind, Resource};
use crate::payment::form::Form;
use crate::payment::idempotency::{Claim, Fingerprint, key_of};
use crate::payment::objects::Reply;
use crate::payment::requests::{NewIntent, NewRefund, Rotation, Work};
use crate::payment::simulator::{Begun, Simulator};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub(crate) fn routes(simulator: &Simulator) -> Router {
    Router::new()
        .route("/v1/payment_intents", post(create_intent))
        .route("/v1/payment_intents/{id}", get(read_intent))
        .route("/v1/refunds", post(create_refund))
        .route("/v2/iam/api_keys/{id}/rotate", post(rotate_key))
        .route_layer(from_fn_with_state(simulator.clone(), require_key))
        .with_state(simulator.clone())
}

async fn create_intent(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, StripeError> {
    simulator.state().calls.payment_intents += 1;
    let form = form_of(&headers, &body?)?;
    let work = Work::Charge(NewIntent::read(form.clone())?);
    let fingerprint = Fingerprint { resource: Resource::PaymentIntents, form };
    create(simulator, key_of(&headers)?, fingerprint, work).await
}

async fn create_refund(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, StripeError> {
    simulator.state().calls.refunds += 1;
    let form = form_of(&headers, &body?)?;
    let work = Work::Refund(NewRefund::read(form.clone())?);
    let fingerprint = Fingerprint { resource: Resource::Refunds, form };
    create(simulator, key_of(&headers)?, fingerprint, work).await
}

async fn rotate_key(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, StripeError> {
    simulator.state().calls.key_rotations += 1;
    let body = body?;
    if !is_of_type(&headers, "application/json") {
        return Err(StripeError::not_json());
    }
    let rotation = Rotation::read(id, &body)?;
    let fingerprint = Fingerprint { resource: Resource::KeyRotations, form: rotation.form() };
    create(simulator, key_of(&headers)?, fingerprint, Work::Rotate(rotation)).await
}

async fn read_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<Reply, StripeError> {
    simulator.state().calls.reads += 1;
    if let Some(mut struck) = simulator.strike(Resource::PaymentIntents) {
        struck.stall().await;
        if struck.fault != FaultKind::Stall {
            return Err(StripeError::internal());
        }
    }
    let state = simulator.state();
    let intent =
        state.book.intent(&id).ok_or_else(|| StripeError::no_such_intent(&id, "intent"))?;
    Ok(Reply::new(StatusCode::OK, intent))
}

fn form_of(headers: &HeaderMap, body: &[u8]) -> Result<Form, StripeError> {
    if is_of_type(headers, "application/x-www-form-urlencoded") {
        Form::read(body)
    } else {
        Err(StripeError::not_form())
    }
}

fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

/// Answers a checked call; the work is spawned, so that a caller who hangs up does not undo it.
async fn create(
    simulator: Simulator,
    key: Option<String>,
    fingerprint: Fingerprint,
    work: Work,
) -> Result<Response, StripeError> {
    let begun = simulator.begin(key.as_deref(), fingerprint)?;
    tokio::spawn(carry_out(simulator, key, begun, work)).await.map_err(|_| StripeError::internal())
}

async fn carry_out(
    simulator: Simulator,
    key: Option<String>,
    Begun { claim, mut struck }: Begun,
    work: Work,
) -> Response {
    if let Some(struck) = &mut struck {
        struck.stall().await;
    }
    let fault = struck.map(|struck| struck.fault);
    if let (Some(FaultKind::FailBefore), Claim::Fresh, Some(key)) = (fault, &claim, &key) {
        simulator.state().keys.release(key);
    }
    if fault == Some(FaultKind::FailBefore) {
        return StripeError::internal().into_response();
    }
    let response = match claim {
        Claim::Fresh => simulator.state().execute(key.as_deref(), work).into_response(),
        Claim::Replay(reply) => ([("idempotent-replayed", "true")], reply).into_response(),
    };
    if fault == Some(FaultKind::FailAfter) {
        StripeError::internal().into_response()
    } else {
        response
    }
}
