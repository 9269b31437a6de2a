//! Faults on request: what the shop's page uses in local runs to make things fail.
//!
//! Over HTTP, on loopback, for pages of the gateway's origin only:
//!
//! - `GET /`: the [`Faults`] in force and the state of every function's processes.
//! - `PUT /provider` and `PUT /mail` with `{"state": "down"}`: the payment provider and the mail server, by the
//!   stand-ins' own controls.
//! - `DELETE /processes/{name}`: kills a process. It is started again after a moment, as is any that ends.

mod guarded;
mod stand_ins;
mod supervisor;

pub use self::stand_ins::{Faults, MailState, ProviderState};
pub use self::supervisor::{ProcessState, ProcessStatus};

use self::guarded::guarded;
use self::stand_ins::StandIns;
use self::supervisor::Supervisor;
use crate::{Cluster, LocalError};
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use futures::future::join;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The controls of a cluster.
pub struct Controls {
    listener: Option<(TcpListener, Router)>,
    supervisor: Supervisor,
}

/// The body of a request that changes what a stand-in does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change<T> {
    state: T,
}

/// The answer to every request that succeeds.
#[derive(Debug, Serialize)]
struct Status {
    #[serde(flatten)]
    faults: Faults,
    processes: Vec<ProcessStatus>,
}

#[derive(Clone)]
struct Served {
    stand_ins: StandIns,
    supervisor: Supervisor,
}

impl Controls {
    /// Listens for requests, if the cluster has a port for them: see [`Options::controls`](crate::Options).
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn listen(cluster: &Arc<Cluster>) -> Result<Self, LocalError> {
        let supervisor = Supervisor::new(cluster);
        let Some(port) = cluster.controls_port() else {
            return Ok(Self { listener: None, supervisor });
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(LocalError::run("controls"))?;
        let stand_ins = StandIns::new(cluster.simulator_url(), cluster.mail_url());
        let served = Served { stand_ins, supervisor: supervisor.clone() };
        let router = guarded(routes(served), port, &cluster.gateway_url());
        Ok(Self { listener: Some((listener, router)), supervisor })
    }

    /// Serves requests and starts processes that end again; `report` gets a line about each. Never returns.
    pub async fn run(self, report: impl Fn(&str)) {
        let serve = async {
            if let Some((listener, router)) = self.listener {
                // It never fails: an error of a connection ends that connection.
                let _ = axum::serve(listener, router).await;
            }
        };
        join(serve, self.supervisor.run(report)).await;
    }
}

fn routes(served: Served) -> Router {
    Router::new()
        .route("/", get(status))
        .route("/provider", put(set_provider))
        .route("/mail", put(set_mail))
        .route("/processes/{name}", delete(kill))
        .with_state(served)
}

async fn status(State(served): State<Served>) -> Json<Status> {
    let (faults, processes) = (served.stand_ins.faults(), served.supervisor.statuses());
    Json(Status { faults, processes })
}

async fn set_provider(
    State(served): State<Served>,
    change: Result<Json<Change<ProviderState>>, JsonRejection>,
) -> Response {
    let Json(Change { state }) = match change {
        Ok(change) => change,
        Err(invalid) => return invalid.into_response(),
    };
    changed(served.stand_ins.set_provider(state).await, served).await
}

async fn set_mail(
    State(served): State<Served>,
    change: Result<Json<Change<MailState>>, JsonRejection>,
) -> Response {
    let Json(Change { state }) = match change {
        Ok(change) => change,
        Err(invalid) => return invalid.into_response(),
    };
    changed(served.stand_ins.set_mail(state).await, served).await
}

async fn changed(changed: Result<(), String>, served: Served) -> Response {
    match changed {
        Ok(()) => status(State(served)).await.into_response(),
        Err(why) => (StatusCode::BAD_GATEWAY, why).into_response(),
    }
}

async fn kill(State(served): State<Served>, Path(name): Path<String>) -> Response {
    if served.supervisor.kill(&name).await {
        status(State(served)).await.into_response()
    } else {
        (StatusCode::NOT_FOUND, format!("no function has a process {name}")).into_response()
    }
}
