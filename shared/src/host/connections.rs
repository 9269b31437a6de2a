//! Connections: how long one may wait for a request, and how they end.

use super::unread::with_whole_body;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum_server::accept::Accept;
use axum_server::{Handle, Server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// The most bytes of a request's head; a longer one gets a bare 431.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// How many connections there may be, and how long they may stay without a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most at once; any further one is closed immediately.
    pub(super) connections: usize,
    /// Until the head of the first or the next request has arrived: longer than a sidecar keeps a
    /// connection in its pool (90 s), so that none is closed while a request is being sent. Pools keep
    /// connections that were opened ahead and never used, so the first request has no other bound.
    pub(super) request: Duration,
    /// From the last response until open connections are closed, once the process stops.
    pub(super) farewell: Duration,
}

/// The bounds of functions.
pub(super) const BOUNDS: Bounds = Bounds {
    connections: 4_096,
    request: Duration::from_secs(100),
    farewell: Duration::from_secs(1),
};

/// Lets this process hold as many connections as the machine allows. Many machines start processes with
/// a limit of 1,024 files, which silent clients would soon use up.
pub(super) fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    // If that is refused, the limit stays as it is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Serves `router` by HTTP/1.1 until `stop` is cancelled and every request in flight is answered. A
/// connection without a request does not delay the stop.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    stop: CancellationToken,
) -> io::Result<()> {
    let (handle, in_flight) = (Handle::<SocketAddr>::new(), TaskTracker::new());
    let router = router.layer(from_fn(with_whole_body));
    let router = router.layer(from_fn_with_state(in_flight.clone(), tracked));
    let mut server = Server::from_listener(listener)
        .acceptor(Room(Arc::new(Semaphore::new(bounds.connections))))
        .handle(handle.clone())
        .http1_only()
        .first_request_timeout(bounds.request);
    let http1 = &mut server.http_builder().http1();
    http1.max_buf_size(MAX_HEAD_BYTES).header_read_timeout(bounds.request);
    let answered = async {
        stop.cancelled().await;
        handle.graceful_shutdown(None);
        in_flight.close();
        in_flight.wait().await;
    };
    let mut serving =
        pin!(server.serve(router.into_make_service_with_connect_info::<SocketAddr>()));
    tokio::select! {
        ended = &mut serving => return ended,
        () = answered => {}
    }
    let ended = timeout(bounds.farewell, serving).await.unwrap_or(Ok(()));
    handle.shutdown();
    ended
}

/// Room for connections.
#[derive(Debug, Clone)]
struct Room(Arc<Semaphore>);

impl<I, S> Accept<I, S> for Room {
    type Stream = I;
    type Service = InRoom<S>;
    type Future = Ready<io::Result<(I, InRoom<S>)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let room = self.0.clone().try_acquire_owned().map_err(io::Error::other);
        ready(room.map(|room| (stream, InRoom { service, _room: Arc::new(room) })))
    }
}

/// What serves a connection, for as long as the connection lasts.
#[derive(Debug, Clone)]
struct InRoom<S> {
    service: S,
    _room: Arc<OwnedSemaphorePermit>,
}

impl<R, S: Service<R>> Service<R> for InRoom<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

async fn tracked(State(in_flight): State<TaskTracker>, request: Request, next: Next) -> Response {
    in_flight.track_future(next.run(request)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::{any, get};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    const LONG: Duration = Duration::from_mins(1);
    const NO_TIMEOUTS: Bounds =
        Bounds { connections: 300, request: LONG, farewell: Duration::from_millis(100) };

    struct Running {
        address: SocketAddr,
        /// Lets `/slow` respond.
        finish: CancellationToken,
        stop: CancellationToken,
        serving: JoinHandle<io::Result<()>>,
    }

    /// A server that responds at `/`, whatever the body is, and at `/slow` once it is released.
    async fn start(bounds: Bounds) -> Running {
        let finish = CancellationToken::new();
        let may = finish.clone();
        let slow = async move || {
            may.cancelled().await;
            "slow"
        };
        let router = Router::new().route("/", any(async || "hello")).route("/slow", get(slow));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(listener, router, bounds, stop.clone()));
        Running { address, finish, stop, serving }
    }

    impl Running {
        async fn send(&self, text: &str) -> TcpStream {
            let mut client = TcpStream::connect(self.address).await.unwrap();
            client.write_all(text.as_bytes()).await.unwrap();
            client
        }
    }

    /// What is received until the server closes the connection.
    async fn rest(mut client: TcpStream) -> String {
        let mut text = Vec::new();
        // A connection that is cut may be reset.
        let _ = timeout(Duration::from_secs(20), client.read_to_end(&mut text)).await.unwrap();
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn a_client_that_sends_nothing_or_half_a_request_is_disconnected() {
        let request = Duration::from_millis(100);
        let server = start(Bounds { request, ..NO_TIMEOUTS }).await;
        let began = Instant::now();
        for text in ["", "GET", "GET / HTTP/1.1\r\nHost: a\r\n"] {
            assert_eq!(rest(server.send(text).await).await, "");
        }
        let answer = rest(server.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET").await).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && began.elapsed() < LONG, "{answer}");
    }

    #[tokio::test]
    async fn silent_clients_delay_no_other() {
        let server = start(NO_TIMEOUTS).await;
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(server.send("GET /").await);
        }
        let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert!(rest(server.send(close).await).await.ends_with("hello"));
    }

    #[tokio::test]
    async fn a_connection_is_kept_though_a_request_is_answered_before_its_body_is_there() {
        let server = start(NO_TIMEOUTS).await;
        let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
        let mut client = server.send(head).await;
        // Once a later request is answered, this one has been served.
        let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert!(rest(server.send(close).await).await.ends_with("hello"));
        client.write_all(b"12345").await.unwrap();
        client.write_all(close.as_bytes()).await.unwrap();
        let answers = rest(client).await;
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    }

    #[tokio::test]
    async fn one_connection_too_many_is_closed_and_the_others_are_served() {
        let server = start(Bounds { connections: 2, ..NO_TIMEOUTS }).await;
        let (kept, silent) = (server.send("GET / HTTP/1.1\r\n").await, server.send("").await);
        assert_eq!(rest(server.send("").await).await, "");
        drop(silent);
        let mut kept = kept;
        kept.write_all(b"Host: a\r\nConnection: close\r\n\r\n").await.unwrap();
        assert!(rest(kept).await.ends_with("hello"));
    }

    #[tokio::test]
    async fn a_server_that_stops_answers_what_is_in_flight_and_closes_the_rest() {
        let server = start(NO_TIMEOUTS).await;
        let (silent, half) = (server.send("").await, server.send("GET / HT").await);
        let mut slow = server.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
        // The connections are accepted in turn: once this one is answered, the others are known.
        let close = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert!(rest(server.send(close).await).await.ends_with("hello"));
        server.stop.cancel();
        server.finish.cancel();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("slow"), "{answer}");
        timeout(Duration::from_secs(10), server.serving).await.unwrap().unwrap().unwrap();
        assert_eq!((rest(silent).await, rest(half).await), (String::new(), String::new()));
    }
}
