//! `GET /api/orders/{order_id}/events`: the steps of an order as they happen, as
//! [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).

mod watches;

use self::watches::{Seen, Watches};
use super::extract::Query;
use super::forward::{LAST_EVENT_ID, refuse_repeated};
use super::views::StatusView;
use super::{Kind, Path, Problem};
use crate::domain::OrderId;
use crate::domain::caller::Caller;
use crate::domain::order::Order;
use crate::ports::Progress;
use axum::Extension;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::Receiver;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The path of the streams.
pub const ROUTE: &str = "/api/orders/{order_id}/events";

/// The longest that a stream lasts: proxies cut those that last for minutes. The client reconnects
/// automatically.
const MAX_AGE: Duration = Duration::from_secs(200);

/// The delay after which a client reconnects.
const RECONNECT_AFTER: Duration = Duration::from_secs(2);

/// The longest that a stream is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tells proxies not to buffer
/// ([nginx](https://nginx.org/en/docs/http/ngx_http_proxy_module.html)).
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// The streams that one process serves.
#[derive(Debug, Clone)]
pub struct Events<P> {
    watches: Watches<P>,
    room: Arc<Semaphore>,
    stop: CancellationToken,
}

impl<P: Progress> Events<P> {
    /// Streams of the `progress` of orders, at most `room` at once, until `stop` is cancelled.
    #[must_use]
    pub fn new(progress: P, room: usize, stop: CancellationToken) -> Self {
        Self { watches: Watches::new(progress), room: Arc::new(Semaphore::new(room)), stop }
    }
}

/// An event for each step and undo, whose id is its position among the order's steps, and a last one when the
/// order has ended finally.
pub(super) async fn events<P: Progress>(
    Extension(events): Extension<Events<P>>,
    Path(id): Path<OrderId>,
    caller: Option<Extension<Caller>>,
    request: Request,
) -> Result<Response, Problem> {
    refuse_repeated(request.headers())?;
    accepts_events(request.headers())?;
    Query::of(request.uri())?.only(&[])?;
    let next = next_after(request.headers())?;
    let room = events.room.try_acquire_owned();
    let room = room.map_err(|_| Problem::new(Kind::Overloaded, "too many streams are open"))?;
    let mut seen = events.watches.of(&id);
    let may_see = |order: &Order| caller.is_none_or(|caller| caller.may_see(order.customer()));
    if is_over(&mut seen, &id, next, may_see).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let stop = async move { drop(timeout(MAX_AGE, events.stop.cancelled()).await) };
    let steps =
        stream::unfold(Subscriber { seen, next, ended: false, _room: room }, Subscriber::next);
    let hello = stream::iter([Event::default().retry(RECONNECT_AFTER)]);
    let stream = hello.chain(steps).take_until(Box::pin(stop)).map(Ok::<_, Infallible>);
    Ok(([UNBUFFERED], sse(stream)).into_response())
}

fn sse(
    stream: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> impl IntoResponse {
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Whether the order has ended and a client that resumes at `next` has seen that.
///
/// # Errors
/// `unknown-order`, also when it is another customer's. `dependency-unavailable`.
async fn is_over(
    seen: &mut Receiver<Seen>,
    id: &OrderId,
    next: usize,
    may_see: impl FnOnce(&Order) -> bool,
) -> Result<bool, Problem> {
    let seen = seen.wait_for(|seen| !matches!(seen, Seen::Nothing)).await;
    match seen.as_deref() {
        Ok(Seen::Order(order)) if may_see(order) => {
            Ok(order.status.is_final() && next > order.steps.len())
        }
        Ok(Seen::Order(_) | Seen::Unknown) => Err(Problem::unknown_order(id)),
        Ok(Seen::Failed | Seen::Nothing) | Err(_) => {
            Err(Problem::new(Kind::DependencyUnavailable, "no data was lost; please try again"))
        }
    }
}

/// Rejects a client that does not accept event streams.
fn accepts_events(headers: &HeaderMap) -> Result<(), Problem> {
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    let events = |value: &HeaderValue| {
        let ranges = value.to_str().unwrap_or_default().split(',');
        let kinds = ranges.map(|range| range.split(';').next().unwrap_or_default().trim());
        kinds
            .map(str::to_ascii_lowercase)
            .any(|kind| matches!(kind.as_str(), "text/event-stream" | "text/*" | "*/*"))
    };
    let taken = accepted.peek().is_none() || accepted.any(events);
    let refused = || Problem::new(Kind::NotAcceptable, "accept text/event-stream");
    taken.then_some(()).ok_or_else(refused)
}

/// The position of the first event that a client has not seen.
fn next_after(headers: &HeaderMap) -> Result<usize, Problem> {
    let Some(last) = headers.get(LAST_EVENT_ID).filter(|last| !last.is_empty()) else {
        return Ok(0);
    };
    let last = last.to_str().ok().and_then(|last| last.parse::<u16>().ok());
    let invalid = || Problem::invalid("Last-Event-ID", "must be the id of an event, or left out");
    last.map(|last| usize::from(last) + 1).ok_or_else(invalid)
}

/// A client's stream, and the position of the next event in it.
struct Subscriber {
    seen: Receiver<Seen>,
    next: usize,
    ended: bool,
    _room: OwnedSemaphorePermit,
}

impl Subscriber {
    async fn next(mut self) -> Option<(Event, Self)> {
        while !self.ended {
            if let Some(event) = self.next_ready() {
                return Some((event, self));
            }
            self.seen.changed().await.ok()?;
        }
        None
    }

    /// The next event, if it has happened.
    fn next_ready(&mut self) -> Option<Event> {
        let seen = self.seen.borrow_and_update();
        let Seen::Order(order) = &*seen else { return None };
        let event = match order.steps.get(self.next) {
            Some(done) => event(if done.step.is_undo() { "undo" } else { "step" }, self.next, done),
            None if order.status.is_final() => {
                self.ended = true;
                event("end", order.steps.len(), &StatusView::from((**order).clone()))
            }
            None => return None,
        };
        self.next += 1;
        Some(event)
    }
}

fn event(name: &str, id: usize, data: &impl serde::Serialize) -> Event {
    let event = Event::default().event(name).id(id.to_string()).json_data(data);
    event.expect("the view of an order is JSON")
}

#[cfg(test)]
mod tests;
