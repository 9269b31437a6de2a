//! Request bodies that nobody read, because the request was rejected first.
//!
//! When a request is answered before its body has arrived, hyper closes the connection, and the response does not
//! say so: the client's next request on it is reset, or even the response is lost
//! ([RFC 9112](https://www.rfc-editor.org/rfc/rfc9112#section-9.6)). So the rest of the body is read first, within
//! bounds, and beyond them the response says that the connection is closed.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The most bytes that are read of a body which nobody needs: four times the longest valid one.
const MAX_BYTES: usize = 1024 * 1024;

/// How long they are waited for, from the start of the request: as long as for a body that is needed.
const DEADLINE: Duration = Duration::from_secs(4);

/// A body, and whether reading it has started.
struct Rest {
    body: BodyDataStream,
    begun: bool,
}

/// Lends the body to the handler of the request.
struct Lent(Arc<Mutex<Rest>>);

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut rest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rest.begun = true;
        rest.body.poll_next_unpin(context)
    }
}

/// Answers a request once its body has been read, whether it is needed or not.
pub(super) async fn with_whole_body(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let deadline = Instant::now() + DEADLINE;
    let expects = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let rest = Arc::new(Mutex::new(Rest { body: body.into_data_stream(), begun: false }));
    let lent = Body::from_stream(Lent(rest.clone()));
    let mut response = next.run(Request::from_parts(parts, lent)).await;
    // What is still lent is still being read.
    if let Some(rest) = Arc::into_inner(rest) {
        let rest = rest.into_inner().unwrap_or_else(PoisonError::into_inner);
        // A client that waits for 100 Continue gets the response instead.
        if expects && !rest.begun || !is_read(rest.body, deadline).await {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// Reads what is left of a body; false if that is too long, too late or cut off.
async fn is_read(mut body: BodyDataStream, deadline: Instant) -> bool {
    let mut room = MAX_BYTES;
    let read = async {
        while let Some(chunk) = body.next().await {
            match chunk.map(|chunk| room.checked_sub(chunk.len())) {
                Ok(Some(left)) => room = left,
                Ok(None) | Err(_) => return false,
            }
        }
        true
    };
    timeout_at(deadline, read).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use futures::stream;
    use tower::ServiceExt;

    /// The header `Connection` of the response to a request with this body.
    async fn connection(path: &str, expects: bool, body: Body) -> Option<String> {
        let routes = Router::new()
            .route("/rejects", post(async || "no"))
            .route("/reads", post(async |body: Bytes| body.len().to_string()));
        let mut request = Request::post(path).body(body).unwrap();
        if expects {
            let value = HeaderValue::from_static("100-continue");
            request.headers_mut().insert(header::EXPECT, value);
        }
        let response = routes.layer(from_fn(with_whole_body)).oneshot(request).await.unwrap();
        let value = response.headers().get(header::CONNECTION);
        value.map(|value| value.to_str().unwrap().to_owned())
    }

    fn chunks(count: usize) -> Body {
        let chunk = || Ok::<_, axum::Error>(Bytes::from(vec![b'x'; 64 * 1024]));
        Body::from_stream(stream::iter((0..count).map(move |_| chunk())))
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_stays_unless_the_body_is_too_long_too_late_or_cut_off() {
        let late = || Body::from_stream(stream::pending::<Result<Bytes, axum::Error>>());
        let cut = || Body::from_stream(stream::iter([Err::<Bytes, _>(axum::Error::new("cut"))]));
        for (path, body, closes) in [
            ("/rejects", Body::empty(), false),
            ("/rejects", Body::from("short"), false),
            ("/rejects", chunks(16), false),
            ("/reads", chunks(16), false),
            ("/rejects", chunks(17), true),
            ("/rejects", late(), true),
            ("/rejects", cut(), true),
        ] {
            let expected = closes.then(|| "close".to_owned());
            assert_eq!(connection(path, false, body).await, expected);
        }
    }

    #[tokio::test]
    async fn a_body_that_waits_to_be_asked_for_is_asked_for_only_if_it_is_needed() {
        assert_eq!(connection("/reads", true, chunks(1)).await, None);
        let asked = |()| -> Result<Bytes, axum::Error> { panic!("the body is asked for") };
        let unasked = Body::from_stream(stream::iter([()]).map(asked));
        assert_eq!(connection("/rejects", true, unasked).await.as_deref(), Some("close"));
    }
}
