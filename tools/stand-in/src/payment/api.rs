//! Stripe's paths: payment intents, refunds and the rotation of API keys.

use crate::payment::auth::require_key;
use crate::payment::error::StripeError;
use crate::payment::faults::{FaultKind, Operation};
use crate::payment::form::Form;
use crate::payment::idempotency::{Claim, Fingerprint, key_of};
use crate::payment::objects::Reply;
use crate::payment::requests::{
    Confirmation, NewIntent, NewRefund, RefundFilter, Rotation, Work, cancellation_reason,
};
use crate::payment::simulator::{Begun, Simulator};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::panic::resume_unwind;

/// The body of a request, or why it cannot be read.
type Body = Result<Bytes, BytesRejection>;

pub(crate) fn routes(simulator: &Simulator) -> Router {
    Router::new()
        .route("/v1/payment_intents", post(create_intent))
        .route("/v1/payment_intents/{id}", get(read_intent))
        .route("/v1/payment_intents/{id}/confirm", post(confirm_intent))
        .route("/v1/payment_intents/{id}/cancel", post(cancel_intent))
        .route("/v1/refunds", post(create_refund).get(list_refunds))
        .route("/v1/refunds/{id}", get(read_refund))
        .route("/v2/iam/api_keys/{id}/rotate", post(rotate_key))
        .route_layer(from_fn_with_state(simulator.clone(), require_key))
        .with_state(simulator.clone())
}

async fn create_intent(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, StripeError> {
    let work = |form| Ok(Work::Create(NewIntent::read(form)?));
    post_form(simulator, Operation::Create, String::new(), &headers, body, work).await
}

async fn confirm_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, StripeError> {
    let work = |form| Ok(Work::Confirm(id.clone(), Confirmation::read(form)?));
    post_form(simulator, Operation::Confirm, id.clone(), &headers, body, work).await
}

async fn cancel_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, StripeError> {
    let work = |form| Ok(Work::Cancel(id.clone(), cancellation_reason(form)?));
    post_form(simulator, Operation::Cancel, id.clone(), &headers, body, work).await
}

async fn create_refund(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, StripeError> {
    let work = |form| Ok(Work::Refund(NewRefund::read(form)?));
    post_form(simulator, Operation::Refund, String::new(), &headers, body, work).await
}

/// A call with a form, and the id in its path, if it has one.
async fn post_form(
    simulator: Simulator,
    operation: Operation,
    id: String,
    headers: &HeaderMap,
    body: Body,
    work: impl FnOnce(Form) -> Result<Work, StripeError>,
) -> Result<Response, StripeError> {
    simulator.count(operation);
    let form = form_of(headers, &body?)?;
    let work = work(form.clone())?;
    post_of(simulator, headers, operation, Fingerprint::new(id, form), work).await
}

async fn rotate_key(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, StripeError> {
    simulator.count(Operation::Rotate);
    let body = body?;
    if !is_of_type(&headers, "application/json") {
        return Err(StripeError::not_json());
    }
    let rotation = Rotation::read(id.clone(), &body)?;
    let fingerprint = Fingerprint::new(id, rotation.form());
    post_of(simulator, &headers, Operation::Rotate, fingerprint, Work::Rotate(rotation)).await
}

async fn read_intent(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<Reply, StripeError> {
    begin_read(&simulator, Operation::ReadIntent).await?;
    Ok(Reply::new(StatusCode::OK, simulator.state().book.intent(&id)?))
}

async fn read_refund(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
) -> Result<Reply, StripeError> {
    begin_read(&simulator, Operation::ReadRefund).await?;
    Ok(Reply::new(StatusCode::OK, simulator.state().book.refund_of_id(&id)?))
}

async fn list_refunds(
    State(simulator): State<Simulator>,
    RawQuery(query): RawQuery,
) -> Result<Reply, StripeError> {
    let filter = RefundFilter::read(Form::read(query.unwrap_or_default().as_bytes())?)?;
    begin_read(&simulator, Operation::ReadRefund).await?;
    Ok(Reply::new(StatusCode::OK, &simulator.state().book.list_refunds(&filter)?))
}

fn form_of(headers: &HeaderMap, body: &[u8]) -> Result<Form, StripeError> {
    // A call without parameters, such as a cancellation, needs no type.
    if body.is_empty() || is_of_type(headers, "application/x-www-form-urlencoded") {
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

/// Counts a read, and injects the fault of it, if it has one.
async fn begin_read(simulator: &Simulator, operation: Operation) -> Result<(), StripeError> {
    simulator.count(operation);
    let Some(mut injected) = simulator.inject(operation) else { return Ok(()) };
    injected.stall().await;
    if injected.fault.drops() {
        drop_connection();
    }
    if injected.fault == FaultKind::Stall { Ok(()) } else { Err(fault_error(injected.fault, None)) }
}

/// Executes a validated call. It is spawned, so that it completes even if its caller disconnects.
async fn post_of(
    simulator: Simulator,
    headers: &HeaderMap,
    operation: Operation,
    fingerprint: Fingerprint,
    work: Work,
) -> Result<Response, StripeError> {
    let key = key_of(headers)?;
    let begun = simulator.begin(key.as_deref(), operation, fingerprint)?;
    let executed = tokio::spawn(execute(simulator, key, begun, work)).await;
    match executed.map_err(|_| StripeError::internal())? {
        Some(response) => Ok(response),
        None => drop_connection(),
    }
}

/// The response to a call, or None when the connection is to close.
async fn execute(
    simulator: Simulator,
    key: Option<String>,
    Begun { claim, mut injected }: Begun,
    work: Work,
) -> Option<Response> {
    if let Some(injected) = &mut injected {
        injected.stall().await;
    }
    let key = key.as_deref();
    let fault = injected.map(|injected| injected.fault);
    if let Some(fault) = fault.filter(|fault| fault.precedes_execution()) {
        if let (Claim::Fresh, Some(key)) = (&claim, key) {
            simulator.state().keys.release(key);
        }
        return (!fault.drops()).then(|| fault_error(fault, key).into_response());
    }
    let response = match claim {
        Claim::Fresh => simulator.state().execute(key, work, fault).into_response(),
        Claim::Replay(reply) => ([("idempotent-replayed", "true")], reply).into_response(),
    };
    match fault {
        Some(fault) if fault.drops() => None,
        Some(FaultKind::FailAfter) => Some(StripeError::internal().into_response()),
        Some(_) | None => Some(response),
    }
}

/// The error of a call whose fault prevents any effect.
fn fault_error(fault: FaultKind, key: Option<&str>) -> StripeError {
    match fault {
        FaultKind::RateLimit => StripeError::rate_limited(),
        FaultKind::Conflict => StripeError::key_in_use(key.unwrap_or("none")),
        FaultKind::Stall
        | FaultKind::FailBefore
        | FaultKind::FailAfter
        | FaultKind::CrashBefore
        | FaultKind::CrashAfter
        | FaultKind::DropBefore
        | FaultKind::DropAfter => StripeError::internal(),
    }
}

/// Closes the connection without a response: unwinding ends its task, and nothing else.
fn drop_connection() -> ! {
    resume_unwind(Box::new("a fault closes the connection"))
}
