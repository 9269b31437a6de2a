//! The ceilings: what Dapr and axum allow on the same machine, for programs that do nothing.
//!
//! A process with a sidecar of its own, beside the shop on the same Redis, placement and scheduler: workflows whose
//! activities do nothing, an actor that does nothing, and a route that answers at once.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{delete, get, put};
use dapr_durabletask::task::ActivityContext;
use dapr_durabletask::worker::{ReconnectPolicy, TaskHubGrpcWorker, WorkerOptions};
use local::manifest::{Calls, Function, Ingress, Kind, Manifest, Service};
use serde_json::json;
use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The name of the program, and of its app.
pub const NAME: &str = "bench-ceiling";

/// The type of its actors.
pub const ACTOR: &str = "bench-noop";

/// The numbers of activities of its workflows.
pub const CHAINS: [u8; 4] = [0, 1, 3, 5];

/// The activity that does nothing.
const NOOP: &str = "noop";

/// The most workflow turns and activities that run concurrently: as many as `order-saga` runs.
const CONCURRENT: usize = 256;

/// The longest backoff between two attempts to connect to a sidecar that is not ready yet.
const RECONNECT: Duration = Duration::from_secs(1);

/// The name of the workflow of that many activities, one after the other.
#[must_use]
pub fn chain(activities: u8) -> String {
    format!("noop-{activities}")
}

/// The program as a function beside those of the shop.
#[must_use]
pub fn guest() -> Function {
    let manifest = Manifest {
        kind: Kind::Workflow,
        service: Service::Order,
        port: 0,
        ingress: Ingress::Internal,
        topic: None,
        dead_letters: false,
        reminds_itself: false,
        publishes: Vec::new(),
        // One store may hold actors and workflows of several apps: each has a prefix of its own.
        uses: vec!["workflow-store".to_owned()],
        calls: Calls::new(),
        manages: Vec::new(),
    };
    Function { name: NAME.to_owned(), description: "Does nothing.".to_owned(), manifest }
}

/// Serves at `port`, and works for the sidecar at the gRPC port `sidecar`, until `stop` is cancelled.
///
/// # Errors
/// When the port is taken, or the worker fails permanently.
pub async fn run(port: u16, sidecar: u16, stop: CancellationToken) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let stopped = stop.clone().cancelled_owned();
    let serve = axum::serve(listener, routes()).with_graceful_shutdown(stopped);
    let worker = worker(sidecar);
    let work = async { worker.start(stop).await.map_err(io::Error::other) };
    tokio::try_join!(async { serve.await }, work).map(|_| ())
}

fn routes() -> Router {
    let ok = async || StatusCode::OK;
    let actor = format!("/actors/{ACTOR}/{{id}}");
    Router::new()
        .route("/bare", get("ok"))
        .route("/healthz", get(ok))
        .route("/readyz", get(ok))
        .route("/dapr/config", get(async || axum::Json(json!({"entities": [ACTOR]}))))
        .route(&actor, delete(ok))
        .route(&format!("{actor}/method/{NOOP}"), put(ok))
}

fn worker(sidecar: u16) -> TaskHubGrpcWorker {
    let options = WorkerOptions::new()
        .with_max_concurrent_work_items(CONCURRENT)
        .with_reconnect_policy(ReconnectPolicy::new().with_max_delay(RECONNECT));
    let address = format!("http://127.0.0.1:{sidecar}");
    let mut worker = TaskHubGrpcWorker::with_options(&address, options);
    let registry = worker.registry_mut();
    registry.add_named_activity(NOOP, async |_: ActivityContext, input| Ok(input));
    for activities in CHAINS {
        registry.add_named_orchestrator(&chain(activities), move |context| async move {
            for step in 0..activities {
                context.call_activity(NOOP, step).await?;
            }
            Ok(None)
        });
    }
    worker
}

/// The path of the actor's method, from the root of a sidecar's API.
#[must_use]
pub fn actor_path(id: &str) -> String {
    format!("/v1.0/actors/{ACTOR}/{id}/method/{NOOP}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_workflows_differ_by_their_activities() {
        assert_eq!(CHAINS.map(chain), ["noop-0", "noop-1", "noop-3", "noop-5"]);
        assert!(actor_path("a").ends_with("/bench-noop/a/method/noop"));
    }
}
