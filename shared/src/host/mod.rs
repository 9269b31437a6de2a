//! The process around a function: settings, log, serving, health, drain and exit code.

mod clock;
mod connections;
pub(crate) mod router;
mod serve;
pub mod settings;
mod telemetry;
mod unread;

pub use clock::SystemClock;
pub use settings::limits::MAX_STREAMS;
pub use settings::{
    CORS_ORIGINS, InvalidSettings, PAYMENT_SWEEP, RESERVATION, SERVED_COUNTRIES, UNDO_TRIES,
};

use self::settings::{DAPR_GRPC_PORT, DAPR_HTTP_PORT, Environment, Setting, Together};
use crate::ports::Failure;
use crate::sidecar::Sidecar;
use axum::Router;
use axum::http::HeaderValue;
use futures::future::BoxFuture;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// `EX_USAGE` of sysexits.h: the settings are invalid.
const USAGE: u8 = 64;

/// A function's service: its routes and, if it hosts workflows, its worker.
pub struct Service {
    router: Router,
    worker: Option<Worker>,
    tasks: TaskTracker,
    public: bool,
    /// The origins whose pages may call it from a browser.
    origins: Vec<HeaderValue>,
}

type Worker = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, Result<(), Failure>> + Send>;

impl Service {
    /// Accepts calls from anyone, not only from its sidecar.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Lets pages of these `origins`, such as `https://shop.example`, call it from a browser.
    #[must_use]
    pub fn called_from(mut self, origins: Vec<HeaderValue>) -> Self {
        self.origins = origins;
        self
    }

    /// Waits for `tasks` before the process ends, even if the requests that started them have ended.
    #[must_use]
    pub fn waits_for(mut self, tasks: TaskTracker) -> Self {
        self.tasks = tasks;
        self
    }

    /// Runs `worker` concurrently with the requests until its token is cancelled.
    #[must_use]
    pub fn with_worker<F>(
        mut self,
        worker: impl FnOnce(CancellationToken) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        self.worker = Some(Box::new(|stop| Box::pin(worker(stop))));
        self
    }
}

impl From<Router> for Service {
    fn from(router: Router) -> Self {
        Self { router, worker: None, tasks: TaskTracker::new(), public: false, origins: vec![] }
    }
}

/// The context that a function is built from: its settings and its sidecar.
pub struct Setup {
    sidecar: Sidecar,
    stopping: CancellationToken,
}

impl Setup {
    /// The value of `setting` in the environment.
    ///
    /// # Errors
    /// When it is invalid.
    pub fn read<T>(&self, setting: &Setting<T>) -> Result<T, InvalidSettings> {
        setting.read(&Environment)
    }

    /// The sidecar of this function.
    #[must_use]
    pub fn sidecar(&self) -> &Sidecar {
        &self.sidecar
    }

    /// Cancelled on the signal to stop.
    #[must_use]
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }
}

/// Runs the function `name`, which `build` creates, until the signal to stop.
///
/// The exit code is 0 after a clean stop, 64 for invalid settings, otherwise 1.
pub async fn run<S: Into<Service>>(
    name: &'static str,
    build: impl FnOnce(&Setup) -> Result<S, InvalidSettings>,
) -> ExitCode {
    // If a provider is installed already, that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let process = serve::Process::read(name, &Environment);
    let ports = (DAPR_HTTP_PORT.read(&Environment), DAPR_GRPC_PORT.read(&Environment)).together();
    // Without valid ports the sidecar has none, so that faults of other settings are reported too.
    let (http, grpc) = ports.clone().unwrap_or_default();
    let stopping = CancellationToken::new();
    let setup = Setup { sidecar: Sidecar::new(http, grpc), stopping };
    match (process, ports, build(&setup)).together() {
        Ok((process, _, service)) => process.run(service.into(), setup).await,
        Err(invalid) => {
            invalid.iter().for_each(|fault| eprintln!("{name}: {fault}"));
            ExitCode::from(USAGE)
        }
    }
}
